"""Where the data that ships with vcaudit lies: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _data(wheel: str, checkout: str) -> Path:
    installed = _PACKAGE / "_data" / wheel
    return installed if installed.is_dir() else _PACKAGE.parent / checkout


def rules_dir() -> Path:
    """Folder of the rule packs, one folder each."""
    return _data("rules", "rules")


def shipped_rules() -> dict[str, str]:
    """Id of every rule that ships with vcaudit → name of its pack: told by the names of the files, none is read."""
    return {file.stem: file.parent.name for file in rules_dir().glob("*/*.yaml") if file.name != "pack.yaml"}


def templates_dir() -> Path:
    """Folder of the report templates."""
    return _data("templates", "reports/templates")


def package_file(relative: str) -> Path:
    """A data file inside the package itself, such as `collect/collector.ps1`."""
    return _PACKAGE / relative
