"""WS-Management envelopes as WinRM 2.0 writes and reads them: just what the remote command shell needs."""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
COMMAND_SHELL = SHELL + "/cmd"
FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "x": TRANSFER,
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "rsp": SHELL,
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
}
DECLARATIONS = " ".join(f"xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in NAMESPACES.items())


class WsmanFault(Exception):
    """An answer that says no, with the code by which clients decide."""

    def __init__(self, code: int, subcode: str, text: str, *, sender: bool = True) -> None:
        super().__init__(text)
        self.code, self.subcode, self.text = code, subcode, text
        self.who = "s:Sender" if sender else "s:Receiver"


class Envelope:
    """A request."""

    def __init__(self, data: bytes) -> None:
        self._root = ET.fromstring(data)  # noqa: S314 (only this process's own client is on the other side)

    def header(self, name: str) -> str:
        """Text of a header element such as `a:Action`; empty when absent."""
        return self._root.findtext(f"s:Header/{name}", "", NAMESPACES)

    def body(self, path: str) -> ET.Element | None:
        """The first element at `path` below the body."""
        return self._root.find(f"s:Body/{path}", NAMESPACES)

    def texts(self, path: str) -> list[str]:
        """Texts of all elements at `path` below the body."""
        return [element.text or "" for element in self._root.findall(f"s:Body/{path}", NAMESPACES)]

    @property
    def shell_id(self) -> str:
        """The shell that is meant; empty when none is."""
        for selector in self._root.iterfind("s:Header/w:SelectorSet/w:Selector", NAMESPACES):
            if selector.get("Name") == "ShellId":
                return selector.text or ""
        return ""

    @property
    def operation_timeout(self) -> float:
        """Seconds; WinRM's own default of 60 when absent."""
        return seconds(self.header("w:OperationTimeout"), 60.0)

    @property
    def max_envelope(self) -> int:
        """Bytes that the answer may have."""
        text = self.header("w:MaxEnvelopeSize")
        return int(text) if text.isdigit() else 153_600


def seconds(duration: str, default: float) -> float:
    """`PT2M30.5S` → 150.5."""
    match = re.fullmatch(r"P(?:0D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?", duration)
    if not match:
        return default
    hours, minutes, rest = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


def answer(action: str, request: Envelope, body: str) -> bytes:
    """The envelope around `body`."""
    return (
        f'<s:Envelope xml:lang="en-US" {DECLARATIONS}><s:Header><a:Action>{action}</a:Action>'
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>"
        f'<a:To>{NAMESPACES["a"]}/role/anonymous</a:To>'
        f'<a:RelatesTo>{escape(request.header("a:MessageID"))}</a:RelatesTo></s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def refusal(request: Envelope, fault: WsmanFault) -> bytes:
    """The envelope of a fault."""
    text = escape(fault.text)
    return answer(
        FAULT_ACTION,
        request,
        f"<s:Fault><s:Code><s:Value>{fault.who}</s:Value><s:Subcode><s:Value>{fault.subcode}</s:Value></s:Subcode>"
        f'</s:Code><s:Reason><s:Text xml:lang="en-US">{text}</s:Text></s:Reason><s:Detail>'
        f'<f:WSManFault Code="{fault.code}" Machine="127.0.0.1"><f:Message>{text}</f:Message></f:WSManFault>'
        f"</s:Detail></s:Fault>",
    )
