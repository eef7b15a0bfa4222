"""Who vcaudit runs as: told by the system, unlike every name that a file states."""

from __future__ import annotations

import getpass
import os


def run_as() -> str:
    """`jdoe (uid 1000)`; on Windows the account's name alone.

    Never from $USER or $LOGNAME where the system itself can be asked: whoever runs this sets those.
    """
    try:
        import pwd
    except ImportError:  # Windows
        return getpass.getuser()
    number = os.geteuid()
    try:
        return f"{pwd.getpwuid(number).pw_name} (uid {number})"
    except KeyError:
        return f"uid {number}"
