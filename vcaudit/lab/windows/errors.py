"""The .NET exceptions that a node's parts throw, with the codes that Windows gives them."""

from __future__ import annotations

from vcaudit.lab.powershell import NetError

NOT_FOUND, INVALID_NAMESPACE, INVALID_CLASS, INVALID_QUERY = 0x80041002, 0x8004100E, 0x80041010, 0x80041017
WMI_ACCESS_DENIED, TIMED_OUT = 0x80041003, 0x00040004
ACCESS_DENIED = 0x80070005
HOST_NOT_FOUND = 11001

_WMI_TEXTS = {
    NOT_FOUND: "Not found ",
    WMI_ACCESS_DENIED: "Access denied ",
    0x80041004: "Provider failure ",
    0x8004106C: "Quota violation ",
    INVALID_NAMESPACE: "Invalid namespace ",
    INVALID_CLASS: "Invalid class ",
    INVALID_QUERY: "Invalid query ",
    TIMED_OUT: "Timed out ",
}
_WIN32_TEXTS = {
    0x80070002: "Could not find file '{0}'.",
    0x80070003: "Could not find a part of the path '{0}'.",
    0x80070005: "Access to the path '{0}' is denied.",
    0x80070020: "The process cannot access the file '{0}' because it is being used by another process.",
    0x8007010B: "The directory name is invalid.",
}


def net(type_: str, message: str, code: int) -> NetError:
    """An exception of a .NET type with its HRESULT."""
    return NetError(f"System.{type_}", message, hresult=code)


def argument_null() -> NetError:
    """What most methods say to $null."""
    return net("ArgumentNullException", "Value cannot be null.", 0x80004003)


def wmi(code: int) -> NetError:
    """A failure of WMI: most codes arrive as ManagementException, those of other parts of Windows as themselves."""
    if code >> 16 in (0x8004, 0x0004):
        text = _WMI_TEXTS.get(code, "Generic failure ")
        return NetError("System.Management.ManagementException", text, hresult=0x80131501, error_code=code)
    if code == ACCESS_DENIED:
        return net("UnauthorizedAccessException", "Access is denied.", code)
    return com(code)


def com(code: int) -> NetError:
    """A failure that .NET knows no exception for."""
    return net("Runtime.InteropServices.COMException", f"Exception from HRESULT: 0x{code:08X}", code)


def file(code: int, path: str) -> NetError:
    """A failure to open a file or folder."""
    name = {
        0x80070002: "IO.FileNotFoundException",
        0x80070003: "IO.DirectoryNotFoundException",
        0x80070005: "UnauthorizedAccessException",
    }.get(code, "IO.IOException")
    return net(name, _WIN32_TEXTS.get(code, "The file cannot be accessed: '{0}'.").format(path), code)


def registry_denied() -> NetError:
    """OpenSubKey without the right to read."""
    return net("Security.SecurityException", "Requested registry access is not allowed.", 0x8013150A)


def registry_io(code: int) -> NetError:
    """A failure of a registry call: a bare Windows error, not an HRESULT."""
    text = {
        2: "The specified registry key does not exist.",
        0x3FA: "Illegal operation attempted on a registry key that has been marked for deletion.",
    }.get(code, f"Registry error {code}.")
    return net("IO.IOException", text, code)


def socket(code: int) -> NetError:
    """A failure of the resolver; its number is in ErrorCode only."""
    text = "No such host is known" if code == HOST_NOT_FOUND else f"Socket error {code}"
    return NetError("System.Net.Sockets.SocketException", text, hresult=0x80004005, error_code=code)
