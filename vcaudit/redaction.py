"""Texts without the secrets that this run knows: the last line of defence behind `Secret`, which cannot be printed.

Everything of ours that leaves the program as a message (errors, logs, crash files) goes through `wipe`, because a node,
a library or a program may say a password back to us. Leaf module: errors import it.
"""

from __future__ import annotations

import json
from urllib.parse import quote

SHORTEST = 4
"""Characters of a secret that is looked for: stars in the place of every `a` would tell that the password is `a`."""
COVER = "***"

_known: set[str] = set()


def remember(secret: str) -> None:
    """Covers this value, and its usual spellings, in every text that is wiped from now on. Threads may call it."""
    if len(secret) >= SHORTEST:
        _known.update({secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe="")})


def wipe(text: str) -> str:
    """The text with *** in the place of every known secret; the longest first, as one may begin with another."""
    for secret in sorted(_known, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, COVER)
    return text
