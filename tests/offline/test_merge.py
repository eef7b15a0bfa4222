"""Several answers about one node: what is there wins, and where two say something else, both are named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from vcaudit.capture import Capture, Request
from vcaudit.collect.answer import Answer, decode
from vcaudit.collect.files_places import ELSEWHERE
from vcaudit.collect.merge import merge
from vcaudit.collect.writer import Part, answer, part, probe
from vcaudit.errors import BadOutput
from vcaudit.snapshot.base import Missing

LIVE: dict[str, str | None] = {"utc": "2026-11-24T06:00:00", "os": "NT", "ps": "2.0", "clr": "2.0", "bits": "64"}
DENIED = "UnauthorizedAccessException 80070005: no"
GIVEN = "not given"


def capture(route: str, started: str, probes: Sequence[Part], **more: Any) -> Capture:
    """One source: a kit is live, files are not."""
    kinds = {str(one.attributes["id"]): str(one.attributes["kind"]) for one in probes}
    asked = tuple(Request(kind, id, ("x",)) for id, kind in kinds.items())  # type: ignore[arg-type]
    first = "answer of a kit, carried by hand: N.vca" if route == "kit" else "read from files in N: registry from a.reg"
    sent = {"script_sha256": "5c", "requests_sha256": "5e"} if route == "kit" else {"script_sha256": ""}
    return Capture(
        node="N", route=route, address="", user="", started=started, finished="", seconds=1.5, requests=0, bytes_sent=1,
        bytes_received=2, asked=asked, warnings=(first,), **sent,
        stdout=answer("N", probes, LIVE if route == "kit" else None), **more,
    )  # fmt: skip


def kit(*probes: Part, started: str = "2026-11-24T06:00:00Z") -> Capture:
    return capture("kit", started, probes)


def files(*probes: Part, started: str = "2026-11-23T06:00:00Z") -> Capture:
    return capture("files", started, probes)


def registry(id: str = "vc", **values: str | None) -> Part:
    cells = [part("v", {"n": name, "t": "String", "d": data} if data is not None else
                  {"n": name, "t": "String", "err": DENIED}) for name, data in values.items()]  # fmt: skip
    return probe("registry", id, [part("k", {"p": "A"}, cells)])


def file(id: str, sha: str | None, err: str | None = None, **more: str) -> Part:
    head: dict[str, str | None] = {"p": f"C:\\{id}", "err": err}
    if sha:
        head |= {"size": "1", "mtime": "2020-01-01T00:00:00", "sha256": sha * 64}
    return probe("file", id, [part("f", head | more)])


def merged(*captures: Capture) -> tuple[Answer, Capture]:
    found = merge(captures)
    return decode(found.stdout), found


def values(found: Answer, id: str = "vc") -> dict[str, Any]:
    keys = found.registry(id)
    assert isinstance(keys, tuple), keys
    return {value.name: value.failure.reason if value.failure else value.data for value in keys[0].values}


def warned(found: Capture) -> list[str]:
    return [line for line in found.warnings if not line.startswith(("answer of", "read from"))]


def test_one_is_itself():
    one = kit(registry(x="1"))
    assert merge([one]) is one


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_there_wins(order: int):
    gone = probe("registry", "vc", [], GIVEN)
    answer_, found = merged(*[kit(gone), files(registry(x="1"))][::order])
    assert values(answer_) == {"x": "1"}
    assert warned(found) == []
    answer_, found = merged(*[kit(registry(x="1")), files(gone)][::order])
    assert values(answer_) == {"x": "1"}


def test_the_shell_tells_of_itself_and_costs_add_up():
    answer_, found = merged(files(registry(x="1")), kit(probe("registry", "vc", [], DENIED, "error")))
    assert (answer_.bits, answer_.utc, answer_.powershell) == (64, "2026-11-24T06:00:00Z", "2.0")
    assert (found.route, found.seconds, found.bytes_received, found.script_sha256) == ("files + kit", 3.0, 4, "5c")
    assert found.requests_sha256 == "5e"
    assert found.started == "2026-11-24T06:00:00Z"
    assert found.warnings[:2] == (
        "read from files in N: registry from a.reg", "answer of a kit, carried by hand: N.vca",
    )  # fmt: skip


@pytest.mark.parametrize(("old", "new", "wins"), [
    ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "files"), ("2026-11-22T00:00:00Z", "2026-11-21T00:00:00Z", "kit"),
])  # fmt: skip
def test_the_fresher_of_two_wins_and_both_are_named(old: str, new: str, wins: str):
    found, taken = merged(kit(registry(x="kit", y="1"), started=old), files(registry(x="files", y="1"), started=new))
    assert values(found) == {"x": wins, "y": "1"}
    names = ("N", "N.vca") if wins == "files" else ("N.vca", "N")
    assert warned(taken) == [f"vc: x: unlike in {names[0]} and {names[1]}: {names[0]} is fresher"]


def test_many_differences_are_counted():
    many = {f"v{number}": "1" for number in range(9)}
    _, taken = merged(kit(registry(**many)), files(registry(**dict.fromkeys(many, "2"))))
    assert "and 4 more: unlike in N.vca and N" in warned(taken)[0]


def test_a_gap_within_is_filled():
    found, taken = merged(kit(registry(x=None, y="1")), files(registry(x="2", y="1")))
    assert values(found) == {"x": "2", "y": "1"}
    assert warned(taken) == []
    found, _ = merged(kit(registry(x="2", y="1")), files(registry(x=None, y="1")))
    assert values(found) == {"x": "2", "y": "1"}


def test_more_on_one_side_is_a_difference():
    found, taken = merged(kit(registry(x="1")), files(registry(x="1", y="2")))
    assert values(found) == {"x": "1"}
    assert warned(taken) == ["vc: the contents of A: unlike in N.vca and N: N.vca is fresher"]


def test_what_is_not_there_against_what_is():
    absent = probe("registry", "vc", [part("k", {"p": "A", "err": "not found"})])
    found, taken = merged(kit(absent), files(registry(x="1")))
    keys = found.registry("vc")
    assert isinstance(keys, tuple)
    assert keys[0].failure is not None
    assert warned(taken) == ["vc: not there in N.vca, there in N: N.vca is fresher"]


# Places of one thing are taken together


def places(*states: str | None) -> list[Part]:
    """One file request for each state: a hash, an error, or None for a place that was not given."""
    out = []
    for number, state in enumerate(states, 1):
        id = f"vpxd_cfg.{number}"
        if state is None:
            out.append(probe("file", id, [], GIVEN))
        elif len(state) == 1:
            out.append(file(id, state))
        elif state == ELSEWHERE:
            out.append(probe("file", id, [], ELSEWHERE))
        else:
            out.append(file(id, None, state))
    return out


MISSING = "FileNotFoundException 80070002: no"


@pytest.mark.parametrize(("one", "other", "shas", "said"), [
    ((DENIED, MISSING), (ELSEWHERE, "a"), [None, "a"], ""),
    ((MISSING, "a"), ("a", None), ["missing", "a"], ""),
    ((MISSING, MISSING), ("a", None), ["missing", "missing"], "not there in N.vca, there in N"),
    ((MISSING, "a"), (None, None), ["missing", "a"], ""),
    ((DENIED, MISSING), (None, None), ["access_denied", "missing"], ""),
])  # fmt: skip
def test_a_place_that_one_could_not_look_at(one: Any, other: Any, shas: list[str | None], said: str):
    found, taken = merged(kit(*places(*one)), files(*places(*other)))
    seen = []
    for number in (1, 2):
        read = found.files(f"vpxd_cfg.{number}")
        if isinstance(read, Missing):
            seen.append(None)
        else:
            failure = read[0].failure
            seen.append({"not_found": "missing"}.get(failure.reason, failure.reason) if failure else read[0].sha256[0])  # type: ignore[index]
    assert seen == shas
    assert [said in line for line in warned(taken)] == ([True] if said else [])
    assert {request.id for request in taken.asked} == {"vpxd_cfg.1", "vpxd_cfg.2"}


def test_the_same_file_elsewhere_is_the_same_file():
    """A copy has another path, another time, and lies in another of the places."""
    _, taken = merged(kit(file("x", "a", p="C:\\a")), files(file("x", "a", p="b", mtime="2024-01-01T00:00:00")))
    assert warned(taken) == []
    _, taken = merged(kit(file("x", "a")), files(file("x", "b")))
    assert "unlike in N.vca and N" in warned(taken)[0]


def folder(err: str | None = None, **files_: str) -> Part:
    parts = [part("f", {"p": f"C:\\{name}", "n": name, "size": "1", "mtime": "2020-01-01T00:00:00", "sha256": sha * 64})
             for name, sha in files_.items()]  # fmt: skip
    return probe("folder", "ssl", [part("d", {"p": "C:\\SSL", "err": err}, parts)])


def names(found: Answer) -> list[str]:
    read = found.folder("ssl")
    assert not isinstance(read, Missing)
    return [one.name for one in read.files] + ([read.failure.reason] if read.failure else [])


def test_a_folder_that_was_read_in_part():
    assert names(merged(kit(folder(DENIED, a="1")), files(folder(a="1", b="2")))[0]) == ["a", "access_denied"]
    assert names(merged(kit(folder(DENIED)), files(folder(a="1", b="2")))[0]) == ["a", "b"]


def wmi(*rows: dict[str, str | None]) -> Part:
    def cell(name: str, data: str | None) -> Part:
        return part("p", {"n": name, "d": data} if data else {"n": name, "err": GIVEN})

    return probe("wmi", "services", [part("o", {}, [cell(*one) for one in row.items()]) for row in rows])


def test_instances_are_matched_by_their_names():
    found, taken = merged(
        kit(wmi({"Name": "a", "State": None}, {"Name": "b", "State": "Running"})),
        files(wmi({"Name": "B", "State": "Running"}, {"Name": "A", "State": "Stopped"})),
    )
    rows = found.wmi("services")
    assert isinstance(rows, tuple)
    assert [(row["Name"], row["State"]) for row in rows] == [("a", "Stopped"), ("b", "Running")]
    assert warned(taken) == []
    _, taken = merged(kit(wmi({"Name": "a", "State": "Running"})), files(wmi({"Name": "A", "State": "Stopped"})))
    assert warned(taken) == ["services: State: unlike in N.vca and N: N.vca is fresher"]


def test_requests_that_only_one_was_asked():
    found, taken = merged(kit(registry("vc", x="1")), files(registry("odbc", y="2")))
    assert values(found) == {"x": "1"}
    assert values(found, "odbc") == {"y": "2"}
    assert [request.id for request in taken.asked] == ["vc", "odbc"]


def test_damage_is_an_error():
    one = kit(registry(x="1"))
    with pytest.raises(BadOutput):
        merge([one, msgspec.structs.replace(one, stdout=b"x")])


def test_three_of_a_node():
    gone = probe("registry", "vc", [], GIVEN)
    found, _ = merged(kit(gone), files(gone), files(registry(x="3"), started="2026-11-22T06:00:00Z"))
    assert values(found) == {"x": "3"}
