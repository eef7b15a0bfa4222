"""Judging with many rules, to JSON and HTML: seconds and memory, beside OpenSCAP on as many rules in the same run.

Every rule is written anew, with a text and a number of its own in its expressions: nothing is judged twice.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

BIN = Path(sys.executable).parent
VCAUDIT = str(BIN / "vcaudit")
ROUNDS = 5
LIMITS = {1000: (0.6, 80), 5000: (3.0, 200)}
"""Rules → seconds, MiB."""
EXPRESSIONS = (
    ("vc.resources", 'each.separate || each.name == "not {number}"', "each.separate", "true", "false"),
    ("vc.resources", 'each.state == "online" || each.name == "not {number}"', "each.state", "online", "failed"),
    ("nodes", 'each.state == "up" && each.name != "not {number}"', "each.state", "up", "down"),
    ("vc.groups", 'each.preferred_owners.all(name, name != "not {number}")', "each.preferred_owners", "[]",
     '["not {number}"]'),
)  # fmt: skip
"""What is gone through, what must hold, what is shown, and a value with which it holds, and one with which not."""
RULE = """\
id: BENCH-{number:05}
title: Rule number {number}
severity: low
requirements: [C1]
source: {{section: Create the remaining resources}}
forEach: {each}
subject: each.name
expression: {expression}
observed: {observed}
expected: "true"
message: "{{subject}} is not as rule {number} asks"
impact: nothing would happen
remediation: {{text: "Look at {{subject}}, number {number}."}}
examples:
  pass: [{{each: {{{field}: {good}}}}}]
  fail: [{{each: {{{field}: {bad}}}}}]
"""


class Spent(NamedTuple):
    """Of one run of a program, or the best of several."""

    seconds: float
    mebibytes: float


def run(command: list[str], folder: Path, codes: tuple[int, ...]) -> Spent:
    start = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    spent = Spent(time.perf_counter() - start, usage.ru_maxrss / 1024)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in codes:
        sys.exit(f"{command[0]} ended with {child.returncode}: {said.decode()[-2000:]}")
    return spent


def best(command: list[str], folder: Path, codes: tuple[int, ...], rounds: int = ROUNDS) -> Spent:
    """The quickest run, and the most memory: others measured something else on the machine as well."""
    found = [run(command, folder, codes) for _ in range(rounds)]
    return Spent(min(one.seconds for one in found), max(one.mebibytes for one in found))


def rule_pack(folder: Path, count: int) -> None:
    folder.mkdir()
    (folder / "pack.yaml").write_text(f'name: bench\ntitle: {count} rules\nversion: "1"\n')
    for number in range(1, count + 1):
        each, expression, observed, good, bad = EXPRESSIONS[number % len(EXPRESSIONS)]
        filled = {"expression": f"'{expression}'".format(number=number), "bad": bad.format(number=number)}
        written = RULE.format(number=number, each=each, observed=observed, field=observed.removeprefix("each."),
                              good=good, **filled)  # fmt: skip
        (folder / f"BENCH-{number:05}.yaml").write_text(written)


def scap(folder: Path, count: int) -> None:
    """A benchmark of OpenSCAP: so many lines of a file, each of which must be there."""
    (folder / "settings").write_text("".join(f"key{number} = value\n" for number in range(1, count + 1)))
    oval, unix = "http://oval.mitre.org/XMLSchema/oval-definitions-5", "independent"
    parts = {"definitions": "", "tests": "", "objects": ""}
    for number in range(1, count + 1):
        parts["definitions"] += (
            f'<definition class="compliance" id="oval:b:def:{number}" version="1"><metadata><title>{number}</title>'
            f'<description>{number}</description></metadata><criteria><criterion test_ref="oval:b:tst:{number}"/>'
            "</criteria></definition>"
        )
        parts["tests"] += (
            f'<textfilecontent54_test xmlns="{oval}#{unix}" check="all" check_existence="at_least_one_exists" '
            f'comment="{number}" id="oval:b:tst:{number}" version="1"><object object_ref="oval:b:obj:{number}"/>'
            "</textfilecontent54_test>"
        )
        parts["objects"] += (
            f'<textfilecontent54_object xmlns="{oval}#{unix}" id="oval:b:obj:{number}" version="1">'
            f'<filepath>{folder}/settings</filepath><pattern operation="pattern match">^key{number} = value$'
            '</pattern><instance datatype="int">1</instance></textfilecontent54_object>'
        )
    body = "".join(f"<{name}>{inner}</{name}>" for name, inner in parts.items())
    (folder / "oval.xml").write_text(
        f'<oval_definitions xmlns="{oval}" xmlns:c="http://oval.mitre.org/XMLSchema/oval-common-5"><generator>'
        "<c:product_name>bench</c:product_name><c:schema_version>5.11</c:schema_version>"
        f"<c:timestamp>2026-01-01T00:00:00</c:timestamp></generator>{body}</oval_definitions>"
    )
    rules = "".join(
        f'<Rule id="xccdf_b_rule_{number}" selected="true"><title>Rule {number}</title>'
        f'<check system="{oval}"><check-content-ref href="oval.xml" name="oval:b:def:{number}"/></check></Rule>'
        for number in range(1, count + 1)
    )
    (folder / "xccdf.xml").write_text(
        '<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_b_benchmark_x"><status>draft</status>'
        f"<title>{count}</title><version>1</version>{rules}</Benchmark>"
    )


def main() -> None:
    slow = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([VCAUDIT, "lab", "run", "quorum-disk-2003", "--", VCAUDIT, "collect", "-o", "snapshot.json"],
                       cwd=folder, check=True, capture_output=True)  # fmt: skip
        print(f"{'rules':>6}  {'program':8} {'seconds':>8} {'MiB':>6}")
        for count, (seconds, mebibytes) in LIMITS.items():
            rule_pack(folder / f"pack{count}", count)
            spent = best([VCAUDIT, "evaluate", "snapshot.json", "--pack", f"./pack{count}", "--exit-zero",
                          "--format", "json:r.json", "--format", "html:r.html"], folder, (0,))  # fmt: skip
            print(f"{count:>6}  {'vcaudit':8} {spent.seconds:8.2f} {spent.mebibytes:6.0f}")
            if spent.seconds > seconds or spent.mebibytes > mebibytes:
                slow.append(f"{count} rules: more than {seconds} s or {mebibytes} MiB")
            if shutil.which("oscap"):
                scap(folder, count)
                other = best(["oscap", "xccdf", "eval", "--results", "x.xml", "--report", "x.html", "xccdf.xml"],
                             folder, (0, 2), 2)  # fmt: skip
                print(f"{'':6}  {'oscap':8} {other.seconds:8.2f} {other.mebibytes:6.0f}")
    sys.exit("; ".join(slow) or 0)


main()
