"""Stand-ins for System.Net.Dns."""

from __future__ import annotations

import ipaddress
from typing import Any

from vcaudit.lab.powershell import Obj, make_enum, want
from vcaudit.lab.windows import errors
from vcaudit.lab.windows.session import Session

FAMILY = make_enum("System.Net.Sockets.AddressFamily", {"InterNetwork": 2, "InterNetworkV6": 23})


class Address(Obj):
    """IPAddress."""

    net = "System.Net.IPAddress"

    def __init__(self, text: str) -> None:
        self._text = text
        version = ipaddress.ip_address(text).version
        self.addressfamily = FAMILY.internetwork if version == 4 else FAMILY.internetworkv6

    def tostring(self, *_: Any) -> str:
        """In the usual notation."""
        return self._text


class Dns(Obj):
    """System.Net.Dns, as one node resolves: hosts file, its own domain, name server."""

    net = "System.Net.Dns"

    def __init__(self, session: Session) -> None:
        self._session = session

    def gethostaddresses(self, name: str) -> list[Address]:
        """All addresses of a name; an address is its own."""
        session = self._session
        try:
            return [Address(str(ipaddress.ip_address(want(name))))]
        except ValueError:
            session.hang("dns", name)
        code = session.code_of("dns", name)
        if code is not None:
            raise errors.socket(code)
        found = self._lookup(name.lower().rstrip("."))
        if not found:
            raise errors.socket(errors.HOST_NOT_FOUND)
        return [Address(address) for address in found]

    def _lookup(self, name: str) -> tuple[str, ...]:
        """The name as it is, then within the node's domain."""
        node = self._session.node
        domain = str(node.instance("root\\cimv2", "win32_computersystem").get("Domain") or "").lower()
        return node.dns.get(name) or (node.dns.get(f"{name}.{domain}", ()) if "." not in name else ())
