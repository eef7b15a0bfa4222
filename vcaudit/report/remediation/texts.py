"""What scripts say to people, the same in every language; plain text without quoting."""

from __future__ import annotations

from vcaudit.report.escape import line
from vcaudit.report.remediation.plan import ByHand, Plan, Step
from vcaudit.report.summary import plural
from vcaudit.results import Action, Copy, Result

BY_HAND, WAIVED, UNDECIDED = "By hand", "Waived, and left out", "Not covered: it could not be judged"
NO_UNDO = "none"
"""Begins what stands where an undo would."""
READ_ONLY = (
    "This is for reading and approving. The scripts of --format cluster-exe and --format powershell carry it out: they "
    "ask the cluster for the owner before and within each copy, stop where a command fails, and bring online again "
    "what they took offline. Commands copied out of here do none of that.",
    "%VCAUDIT_STAMP% and $Stamp are the date and time at which a script runs: its backups have them in their names.",
)
WIDE = 400
"""Characters of one text in a comment."""
_COPIED = {
    "ssl": "the SSL files", "vpxd.cfg": "vpxd.cfg", "licenses": "the license files", "upgrade": "the upgrade files",
    "registry": "the registry values that differ",
}  # fmt: skip
STAMP_CMD = (
    "At a prompt, before the undo of a copy: set VCAUDIT_STAMP to what its backups end in, as the run has shown."
)
STAMP_PS = (
    "Checks and undo at a prompt: first . .\\THIS.ps1 -Stamp STAMP (begin with the dot; STAMP as the run has shown it; "
    "before a first run any word). That changes nothing, and defines what their lines call."
)
SCAN_FIRST = "Scan again after the steps, before you do any of these: some may follow from what the steps mend."
NO_OWNER = "It cannot tell which node holds the groups: nothing in it depends on that."
VPXD_P = (
    "The stored database password of the target may have been encrypted with its old key. When VirtualCenter does not "
    "reach the database there after a failover: vpxd -p on that node sets it anew."
)
COMMA = (
    "The key has a comma in its name: look at the list afterwards; when it was taken for two keys, set it in Cluster "
    "Administrator."
)


def head(plan: Plan, language: str) -> list[str]:
    """What a reader must know first."""
    cluster = plan.cluster
    owners = ", ".join(f"{owner.group} on {owner.node}" for owner in plan.owners) or "not known"
    return [
        f"Remediation of cluster {line(cluster.name)}, {language}",
        f"Scan of {cluster.taken_at}; at that time: {line(owners, WIDE)}",
        f"Results SHA-256 {plan.sha256}",
        f"Written by {line(cluster.provenance.judged_by)}; vcaudit never runs it.",
        "REVIEW BEFORE RUNNING: it changes the cluster. Have the undo of each step ready.",
        f"{plural(len(plan.steps), 'step')}, {plural(len(plan.by_hand), 'failure')} to mend by hand, "
        f"{len(plan.waived)} waived and left out, {len(plan.undecided)} not covered because they could not be judged.",
        "Run it on a node of the cluster, as an administrator of the cluster and of all its nodes, then scan again.",
    ]  # fmt: skip


def not_checked(groups: int) -> list[str]:
    """Groups whose owner the script does not ask for: no copy depends on it."""
    return [f"It does not check {plural(groups, 'group')} with a name that it cannot write."] if groups else []


def window(plan: Plan) -> list[str]:
    """The warning around what needs resources offline."""
    left = [name for name in plan.offline if name not in plan.again]
    return [
        "WARNING: VirtualCenter is not available during these steps. Choose the time with its users.",
        "Offline in this order: " + line(", ".join(plan.offline), WIDE),
        "Online again in the other direction, also when a step fails.",
        *(["Not online at the scan, and not brought online here: " + line(", ".join(left), WIDE)] if left else []),
    ]


def why(step: Step) -> list[str]:
    """The results that a step mends."""
    return [_because(result) for result in step.because] + [
        f"also for {result.rule}, named above" for result in step.also
    ]


def _because(result: Result) -> str:
    where = f" on {line(result.node)}" if result.node else ""
    return f"{result.rule} ({result.severity}){where}: {line(result.message, WIDE)}"


def by_hand(item: ByHand) -> list[str]:
    """A failure that the script leaves to people: what, why, how."""
    advice = item.result.remediation
    return [_because(item.result), f"by hand, because {item.why}", *([line(advice.text, 900)] if advice else [])]


def left_out(result: Result) -> str:
    """A waived or undecided result."""
    where = f" on {line(result.node)}" if result.node else ""
    said = result.reason if result.outcome.value == "waived" else result.detail or result.reason
    return f"{result.rule} {line(result.subject)}{where}" + (f": {line(said, WIDE)}" if said else "")


def what(action: Action) -> str:
    """A step as a sentence."""
    on = line(action.on)
    if action.copies is not None:
        return f"Copy {_COPIED[action.copies.what]} from {line(action.copies.source)} to {line(action.copies.target)}"
    value = "nothing" if action.value == "" else line(str(action.value))
    node, added, removed = line(action.node or ""), line(", ".join(action.add)), line(", ".join(action.remove))
    changed = " and ".join(filter(None, (added and f"add {added}", removed and f"remove {removed}")))
    return {
        "parameter": f"Set {action.name} of {on} to {value}",
        "property": f"Set {action.name} of {on} to {value}",
        "group_property": f"Set {action.name} of the group {on} to {value}",
        "owner": f"Make {node} a possible owner of {on}",
        "dependencies": f"Dependencies of {on}: {changed}",
        "create": f"Create {on} for the service {line(action.service or '')}",
        "checkpoints": f"Registry replication of {on}: {changed}",
        "preferred_owners": f"Clear the preferred owners of {on}",
        "online": f"Bring {on} online, once it is known why it was not",
        "online_group": f"Bring the group {on} online, once it is known why it was not",
        "start_mode": f"Set the service {on} on {node} to {'automatic' if value == 'Auto' else 'manual'}",
        "stop_service": f"Stop the service {on} on {node}, which does not hold the group",
        "resume": f"Resume {on}",
        "move": f"Move {on} to {node}",
    }[action.do]


def where(action: Action) -> str:
    """Where to run a step, and what it acts on."""
    acts = f"; it acts on {line(action.node)}" if action.node and action.do != "owner" else ""
    return f"on any node of the cluster{acts}"


def notes(action: Action) -> list[str]:
    """What a reader of this step should know."""
    copy = action.copies
    if copy is not None:
        return _of_copy(copy)
    if action.do == "move":
        return [f"{line(action.on)} is not available while it moves. Choose the time with its users."]
    if action.do == "parameter" and not action.offline:
        return [f"Stored at once; it acts when {line(action.on)} comes online the next time, not before."]
    return [COMMA] if action.do == "checkpoints" and "," in "".join(action.add) else []


def asked_first(action: Action) -> list[str]:
    """What a script does around a step that would do harm elsewhere."""
    if action.do not in ("copy", "stop_service"):
        return []
    when = "first, and again after the backup," if action.do == "copy" else "first"
    return [f"The script asks {when} whether the groups are where the scan saw them, and stops when they are not."]


def no_undo(action: Action) -> str:
    """Why a step has no undo."""
    if action.do == "stop_service":
        return f"{NO_UNDO} is needed: the service is not to run on a node that does not hold the group"
    if action.do in ("online", "online_group"):
        return f"{NO_UNDO} is needed: it was not online, and nobody wants that back"
    if action.was is not None and action.was == action.value:
        return f"{NO_UNDO} is needed: the scan saw the value that is set here already"
    return f"{NO_UNDO}: what was there before is not known, so note it before the step"


def _of_copy(copy: Copy) -> list[str]:
    out = []
    if copy.what == "ssl":
        out = [VPXD_P, "The backup holds a private key: delete it once the failover was tested."]
    if copy.what == "registry":
        out = ["The backup is a key beside the original: delete it once the failover was tested."]
        if copy.left:
            out.append(f"Not copied, because it is a secret or could not be read: {line(', '.join(copy.left), WIDE)}")
    if copy.lost:
        out.append(f"CAUTION: {line(copy.target)} loses licences that {line(copy.source)} does not have. Where they "
                   "are wanted, copy them to the owner first: " + line(", ".join(copy.lost), WIDE))  # fmt: skip
    if copy.extra:
        out.append(f"Deleted on {line(copy.target)}, because {line(copy.source)} does not have it: "
                   + line(", ".join(copy.extra), WIDE))  # fmt: skip
    return out


def scan_first(plan: Plan) -> list[str]:
    """Before anybody does by hand what is gone by then."""
    return [SCAN_FIRST] if plan.steps and plan.by_hand else []


def rest(plan: Plan) -> tuple[tuple[str, list[str]], ...]:
    """What stands behind the steps of a script, title by title: everything that no step mends."""
    return (
        (BY_HAND, [*scan_first(plan), *(text for item in plan.by_hand for text in by_hand(item))]),
        (WAIVED, [left_out(result) for result in plan.waived]),
        (UNDECIDED, [left_out(result) for result in plan.undecided]),
    )
