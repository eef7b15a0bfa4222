"""Names in the short form, as Windows takes them."""

from __future__ import annotations

import pytest

from vcaudit.lab.node import Node
from vcaudit.lab.windows.shortnames import long_form

FILES = {
    r"C:\Program Files\VMware\VMware VirtualCenter 2.0\vpxd.exe": "", r"C:\Program Files (x86)\x.txt": "",
    r"C:\data\a~1.txt": "",
}  # fmt: skip


@pytest.mark.parametrize(("short", "long"), [
    (r"C:\PROGRA~1\VMware\VMWARE~1.0\vpxd.exe", r"C:\Program Files\VMware\VMware VirtualCenter 2.0\vpxd.exe"),
    (r"c:\progra~2\X.TXT", r"c:\Program Files (x86)\X.TXT"),
    (r"C:\PROGRA~3\x.txt", r"C:\PROGRA~3\x.txt"),
    (r"C:\data\a~1.txt", r"C:\data\a~1.txt"),
    (r"C:\Program Files\VMware", r"C:\Program Files\VMware"),
])  # fmt: skip
def test_what_a_short_name_stands_for(short: str, long: str) -> None:
    assert long_form(short, Node.from_description("N1", {"files": FILES})) == long
