"""A real MIT KDC on loopback, with a realm of its own: started in well under a second, gone with the tests."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

REALM = "EXAMPLE.TEST"
USER = f"vcaudit@{REALM}"
PASSWORD = "canary-Kerb3ros-ü"
SERVICE = "HTTP/127.0.0.1"
NAMED = "HTTP/vcnode1.example.test"
LOST = "HTTP/lost.example.test"
"""A service whose key the node does not have."""
OFFSET = slice(8, 12)
"""Where a ticket file (FILE, version 4) says how far the KDC's clock is ahead, in seconds."""


def _tool(name: str) -> str:
    # Debian keeps a server's programs where users do not look.
    return next(str(place / name) for place in map(Path, ("/usr/sbin", "/usr/bin")) if (place / name).exists())


class Kdc:
    """A context manager; everything it needs lies in `folder`."""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="vcaudit-kdc-")
        self.folder = Path(self._temporary.name)
        self.config = self.folder / "krb5.conf"
        self.tickets = self.folder / "tickets"
        self.keytab = self.folder / "node.keytab"
        """The node's keys."""
        self.user_keytab = self.folder / "user.keytab"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """For clients."""
        return {"KRB5_CONFIG": str(self.config), "KRB5CCNAME": f"FILE:{self.tickets}"}

    def __enter__(self) -> Kdc:
        self._configure()
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
        self.kadmin(
            f"addprinc -pw {PASSWORD} {USER}", "addprinc -pw x stranger", "addprinc -pw x -allow_tix locked",
            'addprinc -pw x -pwexpire "2001-01-01" stale', "addprinc -pw x -policy nobody preauth",
            "modprinc +requires_preauth preauth",
            *(f"addprinc -randkey {name}" for name in (SERVICE, NAMED, LOST, "HTTP/localhost")),
            f"ktadd -k {self.keytab} {SERVICE} {NAMED} HTTP/localhost",
            f"ktadd -norandkey -k {self.user_keytab} {USER}",
        )  # fmt: skip
        environment = {**os.environ, **self.environment, "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf")}
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen([_tool("krb5kdc"), "-n"], env=environment, stdout=log, stderr=log)
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(5)
        self._temporary.cleanup()

    def _configure(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.config.write_text(configuration(self.port))
        (self.folder / "kdc.conf").write_text(
            f"[kdcdefaults]\n kdc_listen = 127.0.0.1:{self.port}\n kdc_tcp_listen = 127.0.0.1:{self.port}\n"
            f"[realms]\n {REALM} = {{\n  database_name = {self.folder}/database\n"
            f"  key_stash_file = {self.folder}/stash\n  max_life = 10h\n  supported_enctypes = aes256-cts:normal\n }}\n"
        )

    def _wait(self) -> None:
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < end, (self.folder / "log").read_text()
                time.sleep(0.01)

    def _run(self, tool: str, *words: str, stdin: str = "", environment: dict[str, str] | None = None) -> str:
        environment = {**os.environ, **self.environment, "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
                       **(environment or {})}  # fmt: skip
        ran = subprocess.run([_tool(tool), *words], env=environment, input=stdin, text=True, capture_output=True)
        assert ran.returncode == 0, (tool, words, ran.stdout, ran.stderr)
        return ran.stdout

    def kadmin(self, *commands: str) -> None:
        """Changes the database."""
        self._run("kadmin.local", "-r", REALM, stdin="\n".join(commands) + "\n")

    def kinit(self, place: Path, *, ahead: int = 0, services: tuple[str, ...] = ()) -> str:
        """Logs the user on into a ticket file, with tickets for services; its name, as KRB5CCNAME has it.

        `ahead`: seconds by which the file then says that the KDC's clock is ahead. Kerberos believes it, and works from
        then on like a machine whose clock is wrong.
        """
        name = {"KRB5CCNAME": f"FILE:{place}"}
        self._run("kinit", USER, stdin=PASSWORD + "\n", environment=name)
        for service in services:
            self._run("kvno", f"{service}@{REALM}", environment=name)
        content = bytearray(place.read_bytes())
        assert content[:2] == b"\x05\x04"
        content[OFFSET] = struct.pack(">i", ahead)
        place.write_bytes(content)
        return name["KRB5CCNAME"]


def configuration(port: int) -> str:
    """A krb5.conf that knows one realm and asks no name server."""
    return (
        f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n"
        " dns_canonicalize_hostname = false\n rdns = false\n udp_preference_limit = 1\n"
        f"[realms]\n {REALM} = {{\n  kdc = 127.0.0.1:{port}\n }}\n"
        f"[domain_realm]\n .example.test = {REALM}\n 127.0.0.1 = {REALM}\n localhost = {REALM}\n"
    )
