"""`protocol` and `configuration_name`: what they mean for a target, what follows from what, and what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from vcaudit.collect.runner import target_of
from vcaudit.errors import InventoryError
from vcaudit.inventory import load_inventory
from vcaudit.secrets import Credential, Secret

TEXT = """
clusters:
  CORP-VC:
    winrm: {cluster}
    nodes:
      VCNODE1: {{address: 192.0.2.11, winrm: {node}}}
      VCNODE2: 192.0.2.12
credentials:
  admin: {{user: 'CORP\\vcaudit', prompt: true}}
"""


def routes(cluster: str, node: str = "{}") -> list[str]:
    inventory = load_inventory(Path("x.yaml"), TEXT.format(cluster=cluster, node=node))
    (one,) = inventory.clusters
    credential = Credential("x", Secret("y"))
    return [target_of(one, each, credential).route for each in one.nodes]


@pytest.mark.parametrize(("cluster", "node", "first", "second"), [
    ("{}", "{}", "winrm ntlm http", "winrm ntlm http"),
    ("{protocol: winrs}", "{}", "winrm ntlm http", "winrm ntlm http"),
    ("{protocol: psrp}", "{}", "psrp ntlm http", "psrp ntlm http"),
    ("{protocol: psrp, transport: basic}", "{}", "psrp basic https", "psrp basic https"),
    ("{configuration_name: Vcaudit}", "{}", "psrp ntlm http jea:Vcaudit", "psrp ntlm http jea:Vcaudit"),
    ("{}", "{configuration_name: My.Own-1}", "psrp ntlm http jea:My.Own-1", "winrm ntlm http"),
    ("{configuration_name: Vcaudit}", "{protocol: winrs}", "winrm ntlm http", "psrp ntlm http jea:Vcaudit"),
    ("{configuration_name: Vcaudit}", "{transport: local}", "local", "psrp ntlm http jea:Vcaudit"),
    ("{protocol: psrp}", "{scheme: https}", "psrp ntlm https", "psrp ntlm http"),
])  # fmt: skip
def test_the_route(cluster: str, node: str, first: str, second: str):
    assert routes(cluster, node) == [first, second]


@pytest.mark.parametrize(("cluster", "node", "line", "said"), [
    ("{protocol: ssh}", "{}", 4, "must be winrs or psrp"),
    ("{protocol: psrpp}", "{}", 4, "did you mean psrp"),
    ("{protocol: winrs, configuration_name: Vcaudit}", "{}", 4, "protocol must be psrp"),
    ("{configuration_name: 'a b'}", "{}", 4, "the name of a session configuration"),
    ("{configuration_name: 'http://x/y'}", "{}", 4, "the name of a session configuration"),
    ("{}", "{transport: local, protocol: psrp}", 6, "protocol is about the network"),
    ("{}", "{transport: local, configuration_name: Vcaudit}", 6, "configuration_name is about the network"),
])  # fmt: skip
def test_what_cannot_be(cluster: str, node: str, line: int, said: str):
    with pytest.raises(InventoryError) as caught:
        routes(cluster, node)
    assert any(problem.line == line and said in problem.message for problem in caught.value.problems), caught.value
