"""WinRM endpoints and a name server on loopback: what the auditor talks to when no Windows is there."""

from vcaudit.lab.server.endpoint import Endpoint, Served
from vcaudit.lab.server.faults import TRANSPORT_FAULTS
from vcaudit.lab.server.shells import Limits
from vcaudit.lab.server.tls import authority

__all__ = ["TRANSPORT_FAULTS", "Endpoint", "Limits", "Served", "authority"]
