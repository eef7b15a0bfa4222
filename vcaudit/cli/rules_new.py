"""`vcaudit rules new`: a rule to start from, in a pack of one's own."""

from __future__ import annotations

import re
from pathlib import Path

import click

from vcaudit.cli.app import say
from vcaudit.errors import OutputError, UsageError

_PACK = """\
# A rule pack: this file, and one file for each rule. docs/packs.md of vcaudit says what else may stand here.
name: {name}
title: {title}
version: "1.0"
"""

_RULE = """\
# A rule that works: change it line by line, and try it after each: vcaudit rules test {folder}
# docs/rules.md says what each key means, docs/facts.md what a rule can see. Mistakes are told with their line.
id: {id}  # the name of this file without .yaml
title: Each node has a service pack  # what holds when all is well
severity: medium  # critical | high | medium | low
source: {{section: House standard}}  # who asks for it, and where

# Things that may differ from site to site: name and default. Read as params.NAME below.
params:
  least: 1

# The rule is judged once for each element of this list, `each` below. Without forEach: once for the cluster.
forEach: nodes
subject: each.name  # what the result is about
node: each.name  # the node it is about; leave it out where it is the whole cluster
# when: each.owner  # false: not applicable to this element

# true: pass; false: fail. What could not be looked at becomes unknown by itself.
expression: each.service_pack >= params.least
observed: each.service_pack
expected: params.least

# Said of a failure. {{subject}} {{node}} {{observed}} {{expected}} {{params.NAME}} {{each.FIELD}} stand for values.
message: "{{node}} has service pack {{observed}}, and {{expected}} is needed"
impact: Windows without it is no longer looked after
remediation:
  text: "Install service pack {{expected}} on {{node}}: on the node that does not hold the group first."
evidence: ["Win32_OperatingSystem of {{node}}: ServicePackMajorVersion"]

# Each example is laid over a complete model: say only what matters. At least one of each kind.
examples:
  pass:
  - each: {{service_pack: 2}}
  fail:
  - each: {{service_pack: 0}}
"""


@click.command()
@click.argument("rule_id", metavar="ID")
@click.option("--pack", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("ours"),
              show_default=True, metavar="FOLDER",
              help="The pack it belongs to; made when it is not there.")  # fmt: skip
def new(rule_id: str, folder: Path) -> int:
    """Write a rule that works, with a comment at every line, to change into your own.

    Its pack is made, too, when FOLDER is new. Try the rule with `vcaudit rules test`, use it with `vcaudit scan --pack
    tn019,./ours`.
    """
    from vcaudit.evaluate.rulefile import ID
    from vcaudit.output import write_file

    if not ID.match(rule_id):
        hint = f"{_proposed(rule_id)}; the first part is best a word of your own, so that no shipped pack ever has it"
        raise UsageError(f"{rule_id} is no id: capitals, digits and dashes", hint=f"such as {hint}")
    if (shipped := _shipped(rule_id)) is not None:
        raise UsageError(f"{rule_id} is a rule of {shipped}", hint="an id belongs to one rule: choose another")
    file, head = folder / f"{rule_id}.yaml", folder / "pack.yaml"
    if file.exists():
        raise UsageError("is there already", where=str(file), hint="edit it, or choose another id")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be made: {error.strerror}", where=str(folder)) from None
    if not head.exists():
        name = _name(folder)
        write_file(head, _PACK.format(name=name, title=f"Rules of {name}").encode())
        say(f"wrote {head}")
    write_file(file, _RULE.format(id=rule_id, folder=folder).encode())
    say(f"wrote {file}; try it with: vcaudit rules test {folder}")
    return 0


def _proposed(text: str) -> str:
    words = re.findall(r"[A-Z0-9]+", text.upper())
    start = [] if words and words[0][0].isalpha() else ["OURS"]
    return "-".join([*start, *(words or ["001"]), *(["001"] if len(words) < 2 and not start else [])])


def _name(folder: Path) -> str:
    """Of the pack: its folder's, as far as that is a name."""
    plain = re.sub(r"[^a-z0-9_-]+", "-", folder.resolve().name.lower()).strip("-_")
    return plain if plain and plain[0].isalpha() else f"ours-{plain}".rstrip("-")


def _shipped(rule_id: str) -> str | None:
    from vcaudit.resources import shipped_rules

    return shipped_rules().get(rule_id)
