"""Virtual machines by what WMI calls their maker and model (Cluster Configuration, NOTE: requirement A5)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from vcaudit.evaluate.known import all_of, any_of
from vcaudit.snapshot.base import Missing


class Guest(NamedTuple):
    """One way in which a hypervisor shows itself to its guests."""

    hypervisor: str
    maker: str
    """Regular expression, searched without regard to case; empty: whatever the maker is."""
    model: str


GUESTS: Final = (
    Guest("VMware", r"^vmware\b", ""),
    Guest("VMware", "", r"^vmware\b"),
    Guest("Microsoft Virtual Server or Hyper-V", r"^microsoft\b", r"\bvirtual\b"),
    Guest("Virtual PC", "", r"^virtualpc\b"),
    Guest("Xen", r"^xen\b", ""),
    Guest("Xen", "", r"\bhvm domu\b"),
    Guest("QEMU or KVM", r"^(qemu|bochs)\b", ""),
    Guest("QEMU or KVM", "", r"^(kvm|qemu|bochs)\b|^standard pc \((i440fx|q35)"),
    Guest("KVM of Red Hat", r"^(red hat|ovirt)\b", r"\b(kvm|rhev|ovirt|openstack|virtuali[sz]ation)\b|^rhel\b"),
    Guest("OpenStack", r"\bopenstack\b", ""),
    Guest("OpenStack", "", r"^openstack\b"),
    Guest("VirtualBox", r"^innotek\b", ""),
    Guest("VirtualBox", "", r"^virtualbox\b"),
    Guest("Parallels", r"^parallels\b", ""),
    Guest("Parallels", "", r"\bparallels\b"),
    Guest("bhyve", "", r"^bhyve\b"),
    Guest("Nutanix AHV", r"^nutanix\b", r"\bahv\b"),
    Guest("Amazon EC2", r"^amazon ec2\b", r"^(?!.*\.metal)"),
    Guest("Google Compute Engine", "", r"^google compute engine\b"),
    Guest("Virtual Iron", r"^virtual iron\b", ""),
)
"""Both patterns of a row must fit. A maker of hardware whose model is not in here is a physical machine."""


def hypervisor(maker: str | Missing, model: str | Missing) -> str | None | Missing:
    """Whose guest a machine is; None: it is a physical one. One of the two often says enough."""
    fits = [(guest, all_of((_fits(guest.maker, maker), _fits(guest.model, model)))) for guest in GUESTS]
    sure = next((guest.hypervisor for guest, fit in fits if fit is True), None)
    if sure is not None:
        return sure
    gap = any_of(fit for _, fit in fits)
    if isinstance(gap, Missing):
        return gap
    if not str(maker).strip() and not str(model).strip():
        return Missing(reason="not_found", detail="neither maker nor model is said", where="Win32_ComputerSystem")
    return None


def _fits(pattern: str, told: str | Missing) -> bool | Missing:
    if not pattern:
        return True
    return told if isinstance(told, Missing) else re.search(pattern, told.strip(), re.IGNORECASE) is not None
