"""wsmid:Identify: the one question that WinRM answers to anybody, with what it tells strangers (DSP0226)."""

from __future__ import annotations

IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
HEADER = "WSMANIDENTIFY"
_ANSWER = (
    '<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>'
    f'<wsmid:IdentifyResponse xmlns:wsmid="{IDENTITY}">'
    "<wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion>"
    "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
    "<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 2.0</wsmid:ProductVersion>"
    "</wsmid:IdentifyResponse></s:Body></s:Envelope>"
)


def identified(header: str | None, body: bytes) -> bytes | None:
    """The answer to an Identify that nobody has logged on for; None for every other request.

    `header` is what HEADER says; without it WinRM asks for a logon first.
    """
    if (header or "").lower() != "unauthenticated" or IDENTITY.encode() not in body:
        return None
    return _ANSWER.encode()
