"""Virtual machines as WMI shows them, and machines that are none."""

from __future__ import annotations

import pytest

from vcaudit.evaluate.hardware import GUESTS, hypervisor
from vcaudit.snapshot.base import Missing

GAP = Missing(reason="timeout")
VIRTUAL = [
    ("VMware, Inc.", "VMware Virtual Platform"), ("VMware, Inc.", "VMware7,1"),
    ("Microsoft Corporation", "Virtual Machine"),
    ("Microsoft Corporation", "VS2005R2 Virtual Machine"), ("Xen", "HVM domU"), ("Amazon EC2", "t3.large"),
    ("QEMU", "Standard PC (i440FX + PIIX, 1996)"), ("QEMU", "Standard PC (Q35 + ICH9, 2009)"), ("Bochs", "Bochs"),
    ("Red Hat", "KVM"), ("Red Hat", "RHEV Hypervisor"), ("Red Hat Inc.", "OpenStack Compute"), ("oVirt", "RHEL"),
    ("OpenStack Foundation", "OpenStack Nova"), ("innotek GmbH", "VirtualBox"),
    ("Parallels Software International Inc.", "Parallels Virtual Platform"),
    ("BHYVE", "BHYVE"), ("Nutanix", "AHV"), ("Google", "Google Compute Engine"),
    ("innotek GmbH", ""), ("vmware, inc.", "vmware virtual platform"), ("  VMware, Inc.  ", "x"),
]  # fmt: skip
PHYSICAL = [
    ("HP", "ProLiant DL380 G5"), ("Dell Inc.", "PowerEdge 2950"), ("IBM", "eserver xSeries 346 -[8840E1Y]-"),
    ("Microsoft Corporation", "Surface Pro"), ("Nutanix", "NX-1065-G5"), ("Red Hat", "Atomic server"),
    ("Amazon EC2", "m5.metal"), ("FUJITSU", "PRIMERGY RX300 S4"), ("To Be Filled By O.E.M.", "To Be Filled By O.E.M."),
    ("Sun Microsystems", "SUN FIRE X4100"), ("Acme", "Xen-on 3000"), ("Acme", ""), ("", "Server"),
]  # fmt: skip


@pytest.mark.parametrize(("maker", "model"), VIRTUAL)
def test_a_virtual_machine_is_known(maker: str, model: str) -> None:
    assert isinstance(hypervisor(maker, model), str)


@pytest.mark.parametrize(("maker", "model"), PHYSICAL)
def test_a_physical_machine_is_none(maker: str, model: str) -> None:
    assert hypervisor(maker, model) is None


@pytest.mark.parametrize(
    ("maker", "model", "expected"),
    [
        ("VMware, Inc.", GAP, "VMware"), (GAP, "VMware Virtual Platform", "VMware"), (GAP, "HVM domU", "Xen"),
        ("HP", GAP, GAP), (GAP, "ProLiant DL380 G5", GAP), ("Microsoft Corporation", GAP, GAP), (GAP, GAP, GAP),
    ],
)  # fmt: skip
def test_one_of_the_two_decides_or_nothing_does(maker: str | Missing, model: str | Missing, expected: object) -> None:
    assert hypervisor(maker, model) == expected


def test_a_machine_that_says_nothing_is_not_called_physical() -> None:
    found = hypervisor(" ", "")
    assert isinstance(found, Missing)
    assert found.reason == "not_found"


def test_every_row_is_needed() -> None:
    seen = {hypervisor(maker, model) for maker, model in VIRTUAL}
    assert {guest.hypervisor for guest in GUESTS} - seen <= {"Virtual PC", "Virtual Iron"}
    assert hypervisor("Connectix", "VirtualPC") == "Virtual PC"
    assert hypervisor("Virtual Iron Software", "x") == "Virtual Iron"
