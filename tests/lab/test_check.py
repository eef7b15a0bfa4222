"""Every mistake of a scenario file, all at once, each with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from vcaudit.errors import ScenarioError
from vcaudit.lab.check import check_scenario
from vcaudit.lab.scenario import load
from vcaudit.yamlfile import load as load_yaml

ONE_OF_EACH = """\
nmae: typo
title: [no, text]
vars: {a: [1]}
auditor: {dsn: {}}
permissions:
- {principal: x, rôle: y}
- no mapping
inventory: nothing
every_node: 7
nodes:
  A1:
    registri: {}
    registry:
      HKEY_LOCAL_MACHINE\\SOFTWARE\\X: {a: 1}
      SOFTWARE/X: {}
      SOFTWARE\\Y: {v: 1.5, w: {type: DWORD, data: 1}, x: {typ: REG_SZ}, y: [1, 2], z: true}
      SOFTWARE\\Z: 7
    files:
      vpxd.cfg: text
      C:\\a: {base64: '???'}
      C:\\b: {encoding: ebcdic-17, newline: cr, modified: yesterday, size: big}
      C:\\c: {content: x}
      C:\\d: 7
    wmi:
      root\\cimv2: {Win32_Service: {vpxd: Running}}
      root\\MSCluster: none
    accounts:
      user: {}
      users: {bob: {disable: true}, eve: x}
      groups: {g: {members: [bob]}, h: {members: {bob: {sdi: x}}}}
    dns: {name: 192.0.2.1}
    denied: SOFTWARE
    broken: {root\\MSCluster: access denied}
    bits: 16
    clock_skew: late
  A2: nothing
"""

EXPECTED = {
    1: ["`nmae` is not known here (did you mean name?)"],
    2: ["is a text"],
    3: ["is a text or a number"],
    4: ["`dsn` is not known here (did you mean dns?)"],
    6: ["`rôle` is not known here"],
    7: ["is a mapping"],
    8: ["inventory is a mapping"],
    9: ["every_node is a mapping"],
    12: ["`registri` is not known here (did you mean registry?)"],
    14: ["below HKEY_LOCAL_MACHINE"],
    15: ["backslashes"],
    16: ["data is text", "`DWORD` is no registry type", "`typ` is not known", "is a list of texts", "data is text"],
    17: ["values is a mapping"],
    19: ["begins with a drive"],
    20: ["is not base64"],
    21: ["`ebcdic-17` is no encoding", "newline is lf or crlf", "2007-06-19T10:00:00Z", "number of bytes"],
    22: ["`content` is not known here"],
    23: ["a file is a mapping"],
    25: ["properties is a mapping"],
    26: ["classes is a mapping"],
    28: ["`user` is not known here (did you mean users?)"],
    29: ["`disable` is not known here (did you mean disabled?)", "a user is a mapping"],
    30: ["members by name is a mapping", "`sdi` is not known here (did you mean sid?)"],
    31: ["is a list of texts"],
    32: ["is a list of texts"],
    33: ["hex"],
    34: ["32 or 64"],
    35: ["number"],
    36: ["a node is a mapping"],
}


def problems(text: str) -> list[tuple[int, str]]:
    document = load_yaml("own.yaml", text, lenient=True)
    check_scenario(document)
    return [(problem.line, problem.message) for problem in document.problems]


def test_every_mistake_is_named_at_once_with_its_line() -> None:
    found = problems(ONE_OF_EACH)
    by_line: dict[int, list[str]] = {}
    for line, message in found:
        by_line.setdefault(line, []).append(message)
    assert sorted(by_line) == sorted(EXPECTED)
    for line, parts in EXPECTED.items():
        for part in parts:
            assert any(part in message for message in by_line[line]), (line, part, by_line[line])


def test_loading_raises_all_of_them_sorted_by_line(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(ONE_OF_EACH, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(str(path))
    lines = [problem.line for problem in caught.value.problems]
    assert lines == sorted(lines)
    assert set(lines) == set(EXPECTED)
    assert f"{path}:12: `registri`" in str(caught.value)


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text\n"])
def test_a_file_that_is_no_mapping(text: str) -> None:
    assert problems(text) == [(1, "a scenario is a mapping (name: value)")]


RIGHT = """\
name: own
nodes:
  A1:
    registry:
      SOFTWARE\\X: {s: text, d: 4294967295, m: [a, b], n: null, e: {type: REG_EXPAND_SZ, data: '%X%'}}
      SOFTWARE\\Y: {b: {type: REG_BINARY, data: 00 01 ff}, q: {type: REG_QWORD, data: 5}, o: {type: '0x20', data: ''}}
      SOFTWARE\\Z: null
      SOFTWARE\\W: {}
    files:
      C:\\a.txt: text
      C:\\b: {base64: AAEC, modified: 2007-06-19T10:00:00Z, size: 100, version: 1.2.3.4}
      C:\\c: {text: x, encoding: utf-16, newline: lf}
      C:\\d\\: {}
      '%ProgramFiles%\\x': x
      ${folder}\\x: {base64: '${content}'}
    wmi: {root\\cimv2: {Win32_Service: {vpxd: {Name: vpxd, State: null, X: {value: null}}, gone: null}, Win32_X: null}}
    accounts:
      users: {bob: {sid: S-1-5-21-1-2-3-1001, disabled: true}, eve: null}
      groups: {g: {sid: S-1-5-32-544, members: {A1\\bob: S-1-5-21-1, 'CORP\\x': {sid: S-1, group: true}, gone: null}}}
    dns: {vc: [192.0.2.1], old: null, nothing: []}
    denied: [SOFTWARE\\X]
    broken: {root\\MSCluster: 800706ba, SOFTWARE\\Y: 5}
    hanging: [root\\MSCluster]
    bits: 32
    powershell: "2.0"
    clock_skew: -3.5
    user: CORP\\me
vars: {folder: C:\\f, content: AAEC, number: 7}
permissions: [{principal: x, is_group: true, role: y, entity: z}]
"""


def test_everything_the_format_has_is_accepted() -> None:
    assert problems(RIGHT) == []


@pytest.mark.parametrize("name", ["quorum-disk-2003.yaml", "base.yaml"])
def test_a_doubled_key_is_a_mistake(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("title: a\ntitle: b\nnodes: {A1: {}}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r":2: title is given twice \(first in line 1\)"):
        load(str(path))
