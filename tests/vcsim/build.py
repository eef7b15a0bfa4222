"""Builds the simulated VirtualCenter once, outside the checkout: from Debian's packages, offline.

Run by `make setup-tests` in the background, and by the tests, which wait for it; a build takes about 20 s, a start
10 ms. Needs the standard library only.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
GOVMOMI = Path("/usr/share/gocode/src/github.com/vmware/govmomi/simulator")
PACKAGES = "golang-go golang-github-vmware-govmomi-dev"


def cache() -> Path:
    """A folder of our own; it may be removed at any time."""
    home = os.environ.get("XDG_CACHE_HOME") or (Path.home() / ".cache" if os.environ.get("HOME") else "")
    return Path(home or tempfile.gettempdir()) / "vcaudit-tests"


def program() -> Path:
    """The built program; several processes may ask at once, one builds."""
    go = shutil.which("go")
    if go is None or not GOVMOMI.is_dir():
        raise SystemExit(f"the simulated VirtualCenter takes Debian's packages: sudo apt-get install {PACKAGES}")
    version = subprocess.run([go, "version"], capture_output=True, check=True).stdout
    digest = hashlib.sha256(version + (HERE / "main.go").read_bytes()).hexdigest()[:16]
    folder = cache()
    folder.mkdir(parents=True, exist_ok=True)
    built = folder / f"vcsim-{digest}"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            _build(go, folder / "vcsim.new")
            (folder / "vcsim.new").rename(built)
    return built


def _build(go: str, target: Path) -> None:
    # GOPATH mode, as Debian's packages are laid out; nothing is fetched.
    settings = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "CGO_ENABLED": "0"}
    settings.setdefault("GOCACHE", str(cache() / "go-build"))
    settings.setdefault("HOME", str(cache()))
    subprocess.run([go, "build", "-o", str(target), "-ldflags=-s -w", "main.go"], cwd=HERE, env=settings, check=True)


if __name__ == "__main__":
    print(program(), file=sys.stderr)
