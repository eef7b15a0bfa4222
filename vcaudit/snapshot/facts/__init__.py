"""The typed contents of a snapshot, in the field's own terms.

`X | None` is "looked, and absent"; Missing is "not looked". Sources are named per class; sections and figures of the
tech note where it speaks of them.
"""

from __future__ import annotations

from vcaudit.snapshot.facts.cluster import (
    ClusterNode,
    ClusterView,
    Interface,
    Property,
    Resource,
    ResourceGroup,
)
from vcaudit.snapshot.facts.machine import (
    Accounts,
    Database,
    Group,
    Host,
    LicenseSource,
    Member,
    Permission,
    Program,
    Resolution,
    Service,
    Software,
    User,
    View,
)
from vcaudit.snapshot.facts.table1 import (
    Certificate,
    ConfigFile,
    File,
    Files,
    Folder,
    License,
    LicenseFile,
    LicenseFolder,
    LicenseServerLine,
    LineProblem,
    Registry,
    RegistryKey,
    RegistryTree,
    RegistryValue,
    Setting,
    SslFolder,
)

__all__ = [
    "Accounts",
    "Certificate",
    "ClusterNode",
    "ClusterView",
    "ConfigFile",
    "Database",
    "File",
    "Files",
    "Folder",
    "Group",
    "Host",
    "Interface",
    "License",
    "LicenseFile",
    "LicenseFolder",
    "LicenseServerLine",
    "LicenseSource",
    "LineProblem",
    "Member",
    "Permission",
    "Program",
    "Property",
    "Registry",
    "RegistryKey",
    "RegistryTree",
    "RegistryValue",
    "Resolution",
    "Resource",
    "ResourceGroup",
    "Service",
    "Setting",
    "Software",
    "SslFolder",
    "User",
    "View",
]
