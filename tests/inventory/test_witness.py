"""`witness`: a name, or a machine and what its owner knows of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from vcaudit.errors import InventoryError
from vcaudit.inventory import load_inventory
from vcaudit.snapshot.model import Declared

TEXT = r"""
clusters:
  C:
    nodes: {A: 192.0.2.1, B: 192.0.2.2}
    witness: WITNESS
credentials:
  a: {user: CORP\x, password_env: X}
"""


def declared(witness: str) -> Declared:
    return load_inventory(Path("vcaudit.yaml"), TEXT.replace("WITNESS", witness)).clusters[0].declared


@pytest.mark.parametrize(
    ("written", "host", "runs"),
    [
        ("FILESRV", "FILESRV", None), ("{host: nas1.corp.example}", "nas1.corp.example", None),
        ("{host: 192.0.2.70, runs_virtualcenter: false}", "192.0.2.70", False),
        ("{host: FILESRV, runs_virtualcenter: true}", "FILESRV", True),
    ],
)  # fmt: skip
def test_what_may_be_written(written: str, host: str, runs: bool | None) -> None:
    found = declared(written)
    assert (found.witness, found.witness_runs_virtualcenter) == (host, runs)


def test_nothing_written_is_nothing_said() -> None:
    found = load_inventory(Path("vcaudit.yaml"), TEXT.replace("    witness: WITNESS\n", "")).clusters[0].declared
    assert (found.witness, found.witness_runs_virtualcenter) == (None, None)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("no", "no"), ("{runs_virtualcenter: false}", "host"), ("{host: F, runs_vcenter: false}", "runs_virtualcenter"),
        ("{host: F, runs_virtualcenter: maybe}", "true or false"),
        ("{host: '\\\\F\\q'}", "host name"), ("[F]", "witness"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_line(written: str, said: str) -> None:
    with pytest.raises(InventoryError) as caught:
        declared(written)
    assert "vcaudit.yaml:5" in str(caught.value)
    assert said in str(caught.value)
