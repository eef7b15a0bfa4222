"""What PowerShell 2.0 on .NET 2.0 does not have, by name: the tables of the lint."""

from __future__ import annotations

import re

OPERATORS = frozenset({"-in", "-notin", "-cin", "-cnotin", "-iin", "-inotin", "-shl", "-shr"})

ACCELERATORS = frozenset({"ordered", "pscustomobject", "pscredential", "ciminstance", "semver", "cimsession"})
"""Short type names of PowerShell 3.0 and later."""

VARIABLES = frozenset({"$psitem", "$pscommandpath", "$psscriptroot", "$islinux", "$iswindows", "$ismacos"})

NODES = {
    "class_statement": "class (PowerShell 5)",
    "enum_statement": "enum (PowerShell 5)",
    "pipeline_chain_tail": "&& or || (PowerShell 7)",
    "inlinescript_statement": "inlinescript (workflow, PowerShell 3)",
    "parallel_statement": "parallel (workflow, PowerShell 3)",
    "sequence_statement": "sequence (workflow, PowerShell 3)",
    "foreach_parameter": "foreach -parallel (workflow, PowerShell 3)",
}

COMMANDS = frozenset(
    {
        "compress-archive",
        "configuration",
        "convertfrom-json",
        "convertto-json",
        "expand-archive",
        "get-cimassociatedinstance",
        "get-cimclass",
        "get-ciminstance",
        "get-clusternode",
        "get-clusterresource",
        "get-disk",
        "get-filehash",
        "get-netadapter",
        "get-netipaddress",
        "get-smbshare",
        "get-volume",
        "import-module",
        "invoke-cimmethod",
        "invoke-restmethod",
        "invoke-webrequest",
        "new-cimsession",
        "resolve-dnsname",
        "test-netconnection",
        "unblock-file",
        "using",
    }
)
"""Commands of later versions, and modules that Windows Server 2003 does not have."""

PARAMETERS = frozenset(
    {
        ("get-content", "-raw"),
        ("get-content", "-tail"),
        ("get-childitem", "-file"),
        ("get-childitem", "-directory"),
        ("get-childitem", "-hidden"),
        ("get-childitem", "-depth"),
        ("out-string", "-nonewline"),
        ("set-content", "-nonewline"),
    }
)

FILTERS = frozenset({"?", "where", "where-object", "%", "foreach", "foreach-object"})
"""Commands that took nothing but a script block before PowerShell 3."""

MEMBERS = {
    "copyto": "Stream.CopyTo is .NET 4",
    "dispose": "hidden on many .NET 2.0 types: use Close()",
    "enumeratedirectories": ".NET 4",
    "enumeratefiles": ".NET 4",
    "enumeratefilesystementries": ".NET 4",
    "foreach": ".ForEach() is PowerShell 4",
    "getrsapublickey": ".NET 4.6",
    "hresult": "protected before .NET 4.5: use Marshal.GetHRForException",
    "is64bitoperatingsystem": ".NET 4",
    "is64bitprocess": ".NET 4",
    "isnullorwhitespace": ".NET 4",
    "maptoipv4": ".NET 4.5",
    "new": "[T]::new() is PowerShell 5: use New-Object",
    "openbasekey": "RegistryKey.OpenBaseKey is .NET 4",
    "restart": "Stopwatch.Restart is .NET 4",
    "where": ".Where() is PowerShell 4",
}

REDIRECTIONS = re.compile(r"(?:[3-6*]>>?|[3-6*]>&[12])$")
"""Streams beyond output and errors."""

LATER_SYNTAX = re.compile(r"[0-9]+(?:u|y|s|n|us|uy|ul)(?:kb|mb|gb)?$", re.IGNORECASE)
"""Number suffixes of PowerShell 6 and later."""

FIPS_FALLBACK = "security.cryptography.sha256cryptoserviceprovider"
"""The one type of .NET 3.5 that is allowed: used only where the managed implementation is forbidden."""

NEWER_TYPES = (
    (
        re.compile(
            r"io\.compression\.(?:zip|brotli|zlib)|threading\.tasks\.|net\.http\.|collections\.concurrent\.|numerics\."
            r"|runtime\.interopservices\.runtimeinformation|security\.cryptography\.\w+cng$"
        ),
        ".NET 4 or later",
    ),
    (re.compile(r"(?:microsoft\.win32\.)?registryview$|(?:tuple|lazy|io\.memorymappedfiles\..*)$"), ".NET 4 or later"),
    (
        re.compile(
            r"linq\.|collections\.generic\.hashset|timezoneinfo$|directoryservices\.accountmanagement\."
            r"|web\.script\.serialization\.|runtime\.serialization\.json\.|net\.peertopeer\."
            r"|security\.cryptography\.(?:sha(?:256|384|512)|aes)cryptoserviceprovider$"
        ),
        ".NET 3.5",
    ),
)
"""Pattern of a full name without `System.` and in lower case -> what brought it."""


def type_problem(name: str) -> str | None:
    """What is wrong with a type name in a script for PowerShell 2.0, or None."""
    key = "".join(name.split()).lower().removeprefix("system.").split("[")[0]
    if key in ACCELERATORS:
        return "PowerShell 3 or later"
    if key == FIPS_FALLBACK:
        return None
    for pattern, since in NEWER_TYPES:
        if pattern.match(key):
            return since
    return None
