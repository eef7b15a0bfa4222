"""The deny list: what it withholds, what it spares, and that it ends whatever it is given."""

from __future__ import annotations

import re
import time

import pytest

from vcaudit.sections import secrets

LINES = "\n".join(["QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2"] * 3)


@pytest.mark.parametrize(
    ("key", "value", "withheld"),
    [
        (r"SOFTWARE\VMware, Inc.\VMware VirtualCenter\DB", "3", True),
        (r"SOFTWARE\Wow6432Node\VMware, Inc.\VMware VirtualCenter\db", "3", True),
        (r"SOFTWARE\VMware, Inc.\VMware VirtualCenter\DB", "1", False),
        (r"SOFTWARE\VMware, Inc.\VMware VirtualCenter", "serial", True),
        (r"SOFTWARE\VMware, Inc.\VMware VirtualCenter", "SerialPort", False),
        (r"SOFTWARE\VMware, Inc.\VMware Update Manager", "ProxyPassword", True),
        (r"SOFTWARE\X\Password", "", True),
        (r"SOFTWARE\X", "key_7", True),
        (r"SOFTWARE\X", "HttpsPort", False),
        ("Cluster", "Security", True),
        (r"Cluster\Resources\a-b\Parameters", "ResourceData", True),
        (r"SOFTWARE\X", "Security", False),
        *((r"SOFTWARE\Acme\Tool", name, True) for name in (
            "ApiKey", "api key", "AuthToken", "Token", "ServicePass", "Pass", "BindPw", "pw", "AccessToken",
            "AccessKey", "Service Pass", "my_pass", "PreSharedKey", "Passwort", "Kennwort", "AccountKey", "SigningKey",
        )),
        *((r"SOFTWARE\Acme\Tool", name, False) for name in (
            "PassiveMode", "KeyPass through", "ProxyBypass", "Compass", "TokenSize", "LocalAccountTokenFilterPolicy",
            "PublicKeyToken", "PrimaryKey", "HotKey", "Passport", "ConnectionString", "KeyboardLayout",
        )),
        (r"SOFTWARE\Acme\Api Keys", "x", True),
        (r"SOFTWARE\Acme\Token", "", True),
        (r"SOFTWARE\Acme\Token", "Size", False),
        (r"Cluster", "ClusterInstanceID", False),
    ],
)
def test_registry(key: str, value: str, withheld: bool) -> None:
    assert secrets.registry_secret(key, value) is withheld


@pytest.mark.parametrize(
    ("path", "withheld"),
    [
        ("PrivateProperties.ResourceData", True),
        ("ResourceData", True),
        ("PrivateProperties.AdminPassword", True),
        ("PrivateProperties.Name", False),
        ("PrivateProperties.AuthToken", True),
        ("ServicePass", True),
        ("PrivateProperties.ProxyBypass", False),
        ("PrivateProperties.ServiceName", False),
    ],
)
def test_wmi(path: str, withheld: bool) -> None:
    assert secrets.wmi_secret(path) is withheld


@pytest.mark.parametrize(
    "text",
    [
        "<password>S3CRET</password>",
        "<Password >\n S3CRET\n</Password>",
        "<dbPassword type='x'>S3CRET</dbPassword>",
        "<v:proxyPwd><![CDATA[S3CRET]]></v:proxyPwd>",
        "<password><!-- new --> S3CRET</password>",
        "<password><value>S3CRET</value></password>",
        "<!-- <password>S3CRET</password> -->",
        "<password>S3CRET",
        "<user name='a' password='S3CRET'/>",
        '<user name="a" passwd = "S3CRET"/>',
        "<x>*S3CRET</x>",
        "<proxyPass>S3CRET</proxyPass>",
        "<x authToken='S3CRET'/>",
        "<proxy>http://user:S3CRET@proxy:8080</proxy>",
        "tool.exe -token S3CRET",
        "apipass=S3CRET",
        '<x a="*S3CRET"/>',
    ],
)
def test_text_is_covered(text: str) -> None:
    covered = secrets.redact(text)
    assert "S3CRET" not in covered
    assert secrets.STARS in covered
    assert secrets.redact(covered) == covered


@pytest.mark.parametrize(
    "text", [f"<a>{LINES}</a>", f"<a>\n{LINES}\nQUJD\n</a>", f'<a b="{LINES[:60]}="/>', f"x: {'QUJD' * 30}"]
)
def test_a_long_base64_is_covered_over_all_its_lines(text: str) -> None:
    assert "QUJD" not in secrets.redact(text)


@pytest.mark.parametrize(
    "text",
    [
        f"-----BEGIN CERTIFICATE-----\r\n{LINES}\r\nQUJDREVGR0hJSktMTU5PUFFSU1RV==\r\n-----END CERTIFICATE-----\r\n",
        f'INCREMENT X V 1 permanent 1 SIGN="{"A5CD" * 30}"',
        "INCREMENT X V 1 permanent 1 SIGN=" + "A5CD" * 30 + ' SIGN2="' + "A5CD" * 30 + '"',
        "<password/><x>1</x>",
        "<password /><x>1</x>",
        "<proxyBypass>yes</proxyBypass><publicKeyToken>b7</publicKeyToken><tokenSize>1</tokenSize>",
        "for /f \"tokens=2 delims==\" %%i in (x) do robocopy a b",
        "<bypass>yes</bypass><x a='*'/><y>*.log</y><passthrough>1</passthrough>",
        r"<directory>C:\Documents and Settings\All Users\Application Data\VMware\VMware VirtualCenter\Logs</directory>",
    ],
)
def test_what_is_no_secret_is_spared(text: str) -> None:
    assert secrets.redact(text) == text


@pytest.mark.parametrize(
    "hostile",
    ["A", "-pass", "token ", "<password>", "<password ", "password", "> ", ">A", "<password> <a>", ">*", '="*aaa',
     " pwd=", " a=", "a" * 64 + " ", "<password><![CDATA[", "<password /", "=", "\n"],
)  # fmt: skip
def test_every_pattern_ends(hostile: str) -> None:
    began = time.process_time()
    secrets.redact(hostile * ((1 << 20) // len(hostile)))
    secrets.redact_data("Value", hostile * ((1 << 20) // len(hostile)))
    assert time.process_time() - began < 6


def test_the_list_is_written_in_what_dotnet_and_python_share() -> None:
    """No lookbehind, no possessive or atomic parts, no inline flags: these the two read differently."""
    for request in secrets.requests():
        assert request.kind == "deny"
        assert not re.search(r"\(\?[<>a-zA-Z#]|[*+?}]\+", request.args[1]), request.args[1]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r'"C:\a\vpxd.exe"', r'"C:\a\vpxd.exe"'),
        (r'C:\a.exe -password hunter2 -v', r'C:\a.exe -password *** -v'),
        (r'C:\a.exe /db-pwd:"two words" -v', r'C:\a.exe /db-pwd:*** -v'),
        (r"C:\a.exe --secret=x1 y", r"C:\a.exe --secret=*** y"),
        (r"C:\a.exe http://user:x@host/", r"C:\a.exe http://user:***@host/"),
        (r"C:\a.exe --token x1 -v", r"C:\a.exe --token *** -v"),
        (r"C:\a.exe -ApiPass=x1 -v", r"C:\a.exe -ApiPass=*** -v"),
        (r"C:\a.exe -bypass x1 -passive y", r"C:\a.exe -bypass x1 -passive y"),
        (r"C:\Programme\Passwords\a.exe -k netsvcs", r"C:\Programme\Passwords\a.exe -k netsvcs"),
    ],
)
def test_secrets_among_the_arguments_of_a_program(line: str, expected: str) -> None:
    assert secrets.redact_command(line) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DSN=x;UID=a;PWD=S3CRET", "DSN=x;UID=a;PWD=***"),
        ("Server=a;User=b;Password=S3 CRET;Timeout=3", "Server=a;User=b;Password=***;Timeout=3"),
        ("Pwd={S3;CRET};X=1", "Pwd=***;X=1"),
        ('Pwd="S3;CRET";X=1', "Pwd=***;X=1"),
        ('{"apiKey": "S3CRET", "a": 1}', '{"apiKey": ***, "a": 1}'),
        ("http://admin:S3CRET@proxy:8080", "http://admin:***@proxy:8080"),
        ("Pass=S3CRET", "Pass=***"),
        ("run --token S3CRET -v", "run --token *** -v"),
        ("bypass=*.local;PassiveMode=1", "bypass=*.local;PassiveMode=1"),
        ("27000@license.corp.example", "27000@license.corp.example"),
        (r"C:\Program Files\Password Safe\a.exe", r"C:\Program Files\Password Safe\a.exe"),
        ("http://host:8080/a@b", "http://host:8080/a@b"),
        ("Reset the password", "Reset the password"),
    ],
)
def test_secrets_among_the_texts_of_the_registry(text: str, expected: str) -> None:
    assert secrets.redact_data("Conn", text) == expected
    assert secrets.redact_data("Conn", expected) == expected
    assert secrets.redact_data("CommandLine", text) == text, "which has patterns of its own"
