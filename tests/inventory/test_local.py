"""A node that vcaudit runs on: no credential, one for each cluster, and no setting of WinRM's that would be ignored."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from vcaudit.collect.runner import target_of
from vcaudit.errors import InventoryError
from vcaudit.inventory import load_inventory
from vcaudit.secrets import Credentials

TEXT = """
clusters:
  CORP-VC:
    nodes:
      VCNODE1: {{address: 192.0.2.11, winrm: {{transport: local{more}}}}}
      VCNODE2: {other}
credentials:
  admin: {{user: 'CORP\\vcaudit', prompt: true}}
"""


def test_it_is_reached_without_a_network_and_without_a_password():
    cluster = load_inventory(Path("x.yaml"), TEXT.format(more="", other="192.0.2.12")).clusters[0]
    first, second = cluster.nodes
    spec = cluster.credential_of(first)
    assert (spec.source, cluster.credential_of(second).source) == ("none", "prompt")
    credentials = Credentials()
    credentials.ask([spec])  # nobody is asked
    target = target_of(cluster, first, credentials.of(spec))
    assert (target.route, target.place, target.user) == ("local", "VCNODE1 (this machine)", getpass.getuser())


def test_an_account_without_a_name_is_no_error(monkeypatch):
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    cluster = load_inventory(Path("x.yaml"), TEXT.format(more="", other="192.0.2.12")).clusters[0]
    assert Credentials().of(cluster.credential_of(cluster.nodes[0])).user == ""


@pytest.mark.parametrize(("more", "other", "said"), [
    ("", "{address: 192.0.2.12, winrm: {transport: local}}", "VCNODE1 and VCNODE2 have transport: local"),
    (", ca: ca.pem", "192.0.2.12", "there is no readable file"),
])  # fmt: skip
def test_what_cannot_be(more: str, other: str, said: str):
    with pytest.raises(InventoryError, match=said):
        load_inventory(Path("x.yaml"), TEXT.format(more=more, other=other))
