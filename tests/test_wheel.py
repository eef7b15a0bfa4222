"""The wheel holds the same data as the checkout, and nothing that does not belong in it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = {"rules": "vcaudit/_data/rules", "reports/templates": "vcaudit/_data/templates"}
BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run([sys.executable, "-c", BUILD, str(out)], cwd=ROOT, capture_output=True, text=True, check=True)
    return zipfile.ZipFile(out / done.stdout.split()[-1])


def tracked(folder: str) -> set[Path]:
    """Files of a folder that are in the repository; without one (an unpacked archive), all that are not generated."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", folder], cwd=ROOT, capture_output=True,
                            text=True, check=False)  # fmt: skip
    if listed.returncode == 0:
        return {path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()}
    return {path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts}


@pytest.mark.parametrize(("folder", "inside"), [*DATA.items(), ("vcaudit", "vcaudit")])
def test_every_file_is_in_the_wheel_unchanged(wheel: zipfile.ZipFile, folder: str, inside: str) -> None:
    names = set(wheel.namelist())
    files = tracked(folder)
    assert files
    for path in files:
        name = f"{inside}/{path.relative_to(ROOT / folder).as_posix()}"
        assert name in names, f"{name} is not in the wheel"
        assert wheel.read(name) == path.read_bytes(), name


def test_nothing_else_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    expected = {f"{inside}/{path.relative_to(ROOT / folder).as_posix()}"
                for folder, inside in (*DATA.items(), ("vcaudit", "vcaudit")) for path in tracked(folder)}  # fmt: skip
    held = {name for name in wheel.namelist() if not name.split("/")[0].endswith(".dist-info")}
    assert held - expected == set()


def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    from vcaudit import __version__

    info = f"vcaudit-{__version__}.dist-info"
    assert "vcaudit = vcaudit.cli:main" in wheel.read(f"{info}/entry_points.txt").decode()
    metadata = wheel.read(f"{info}/METADATA").decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert f"{info}/licenses/LICENSE" in wheel.namelist()


def test_an_unpacked_wheel_finds_its_data(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    code = "from vcaudit.resources import *; print(rules_dir(), templates_dir(), package_file('py.typed'), sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        assert line.startswith(str(tmp_path))
        assert Path(line).exists()
