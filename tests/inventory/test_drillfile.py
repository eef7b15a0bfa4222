"""Records of drills: what one may hold, all mistakes at once with their places, and the published schema."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from vcaudit.errors import DrillError
from vcaudit.inventory.drillfile import LARGEST, load_drills
from vcaudit.inventory.drillschema import DRILL, schema_text
from vcaudit.snapshot.drills import Checks, Drill, Evidence, Recorded, StepResult

ROOT = Path(__file__).resolve().parents[2]
SMALL: dict[str, Any] = {
    "schema": 1, "cluster": "CORP-VC", "group": "VC Group", "from": "VCNODE1", "to": "VCNODE2",
    "started": "2026-05-02T20:00:00Z", "operator": "J. Doe",
}  # fmt: skip
WHOLE: dict[str, Any] = {
    **SMALL, "resources_online": "2026-05-02T20:00:41Z", "address_answered": "2026-05-02T20:02:38Z",
    "checks": {
        "esx_host_connected": {"result": "pass", "how": "api", "by": "vcaudit 1.0", "note": "esx01 😀"},
        "web_client": {"result": "fail", "how": "operator", "by": "J. Doe"},
    },
    "tool": "by hand", "evidence": [{"name": "cluster.log", "sha256": "ab" * 32}], "note": "first one",
}  # fmt: skip


def write(folder: Path, value: Any, name: str = "drill.json") -> Path:
    path = folder / name
    text = value if isinstance(value, str) else json.dumps(value, indent=1)
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, value: Any) -> Recorded:
    [found] = load_drills([(write(folder, value), "")], ["CORP-VC"])
    return found


def mistakes(folder: Path, value: Any) -> str:
    with pytest.raises(DrillError) as caught:
        read(folder, value)
    assert "docs/drills.md" in caught.value.hint
    assert all(problem.file.endswith("drill.json") for problem in caught.value.problems)
    return str(caught.value)


def test_a_whole_record(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE)
    assert found.drill == Drill(
        cluster="CORP-VC", group="VC Group", source="VCNODE1", target="VCNODE2", started="2026-05-02T20:00:00Z",
        resources_online="2026-05-02T20:00:41Z", address_answered="2026-05-02T20:02:38Z",
        checks=Checks(
            esx_host_connected=StepResult(result="pass", how="api", by="vcaudit 1.0", note="esx01 😀"),
            web_client=StepResult(result="fail", how="operator", by="J. Doe"),
        ),
        operator="J. Doe", evidence=(Evidence(name="cluster.log", sha256="ab" * 32),), note="first one",
    )  # fmt: skip
    assert found.sha256 == hashlib.sha256((tmp_path / "drill.json").read_bytes()).hexdigest()


def test_what_has_to_be_said_is_enough(tmp_path: Path) -> None:
    found = read(tmp_path, SMALL).drill
    assert (found.resources_online, found.checks, found.tool) == (None, Checks(), "by hand")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff" + json.dumps(SMALL)).drill.group == "VC Group"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"cluster": "CORP-VCC"}, "drill.json:3: cluster: there is no cluster CORP-VCC (did you mean CORP-VC?)"),
        ({"to": "vcnode1"}, "to: vcnode1 held the group already"),
        ({"started": "2026-05-02 20:00"}, "started must be a time in UTC such as 2026-05-02T20:00:00Z"),
        ({"started": "2026-02-30T20:00:00Z"}, "started is no time that there is"),
        ({"resources_online": "2026-05-02T19:59:59Z"}, "resources_online is before started"),
        ({"address_answered": "2026-05-02T20:02:00Z"}, "resources_online is missing"),
        ({"operator": None}, "operator must be text"),
        ({"grup": "VC Group"}, "has no key grup (did you mean group?)"),
        ({"checks": {"web_clint": {}}}, "checks has no key web_clint (did you mean web_client?)"),
        ({"checks": {"web_client": {"result": "ok", "how": "operator", "by": "J"}}}, "result must be pass or fail"),
        ({"checks": {"web_client": {"result": "pass", "how": "operator"}}}, "checks.web_client lacks by"),
        ({"evidence": [{"name": "a", "sha256": "12"}]}, "evidence[1].sha256 must be a SHA-256"),
        ({"schema": 0}, "schema must be a whole number from 1 to 1"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_place_and_what_would_be_right(tmp_path: Path, changed: Any, words: str) -> None:
    said = mistakes(tmp_path, {**SMALL, **changed})
    assert words in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"schema": 1,\n "cluster": }', "drill.json:2: is no JSON"), ("[]", "must be a mapping"), ("null", "mapping"),
        ("", "is no JSON"), ('{"schema": 1, "schema": 1}', "schema is given twice"),
        ('{"schema": 1,\n "from": "A",\n "from": "B"}', "drill.json:3: from is given twice (first in line 2)"),
        ('{"schema": NaN}', "NaN is no JSON"), ('{"schema": 7, "new": 1}', "has schema 7; this vcaudit reads"),
        ("[" * 100_000, "nested too deep"),
    ],
    ids=["syntax", "list", "null", "empty", "twice", "twice with lines", "nan", "later", "deep"],
)  # fmt: skip
def test_what_is_no_record(tmp_path: Path, text: str, words: str) -> None:
    assert words in mistakes(tmp_path, text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    binary, large = tmp_path / "b.json", tmp_path / "l.json"
    binary.write_bytes(b'{"a": "\xff"}')
    large.write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(DrillError) as caught:
        load_drills([(each, "") for each in (binary, large, tmp_path / "none.json")], ["CORP-VC"])
    said = str(caught.value)
    assert "is not UTF-8" in said
    assert "is larger than 1 MB" in said
    assert "cannot be read: No such file" in said


def test_all_mistakes_of_all_files_at_once(tmp_path: Path) -> None:
    one = write(tmp_path, {**SMALL, "cluster": "X", "to": "VCNODE1"}, "one.json")
    other = write(tmp_path, {**SMALL, "started": "soon", "operator": 7}, "other.json")
    good = write(tmp_path, SMALL, "good.json")
    with pytest.raises(DrillError) as caught:
        load_drills([(each, "") for each in (one, good, other)], ["CORP-VC"])
    assert [Path(problem.file).name for problem in caught.value.problems] == ["one.json"] * 2 + ["other.json"] * 2


def test_a_file_that_is_named_twice_is_one_record(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    assert len(load_drills([(path, "CORP-VC"), (path, ""), (link, "CORP-VC")], ["CORP-VC"])) == 1


def test_a_record_that_names_no_cluster_is_of_the_one_that_names_it(tmp_path: Path) -> None:
    path = write(tmp_path, {key: value for key, value in SMALL.items() if key != "cluster"})
    for files, clusters in (([(path, "B")], ["A", "B"]), ([(path, "")], ["B"])):
        [found] = load_drills(files, clusters)
        assert found.drill.cluster == "B"
    for files in ([(path, "A"), (path, "B")], [(path, "")]):
        with pytest.raises(DrillError, match="cluster is missing: it could be of any of A, B"):
            load_drills(files, ["A", "B"])


def test_the_published_schema_is_current_and_takes_what_the_reader_takes(tmp_path: Path) -> None:
    assert (ROOT / "docs/drill.schema.json").read_text(encoding="utf-8") == schema_text(), "make docs"
    jsonschema.Draft202012Validator.check_schema(DRILL)
    jsonschema.validate(SMALL, DRILL)
    jsonschema.validate(WHOLE, DRILL)


def test_the_schema_has_the_fields_of_the_type() -> None:
    assert set(DRILL["properties"]) == {field.encode_name for field in msgspec.structs.fields(Drill)}
    steps = DRILL["properties"]["checks"]["properties"]
    assert set(steps) == set(Checks.__struct_fields__)
    step = steps["web_client"]
    assert set(step["properties"]) == set(StepResult.__struct_fields__)
    assert set(DRILL["properties"]["evidence"]["items"]["properties"]) == set(Evidence.__struct_fields__)


def test_the_record_in_the_documentation_is_right(tmp_path: Path) -> None:
    text = (ROOT / "docs/drills.md").read_text(encoding="utf-8")
    assert read(tmp_path, text.split("```json\n")[1].split("```")[0]).drill.target == "VCNODE2"


def test_random_damage_is_a_mistake_or_a_record_and_never_a_crash(tmp_path: Path) -> None:
    dice = random.Random("drills")
    for _ in range(200):
        value = copy.deepcopy(WHOLE)
        places = [value, value["checks"], value["checks"]["web_client"], value["evidence"][0]]
        for _ in range(dice.randint(1, 3)):
            odd: list[Any] = [None, 1, -1.5, True, "", "x" * 300, [], {}, [None], "\0"]
            where = dice.choice(places)
            where[dice.choice([*where, "odd"])] = dice.choice(odd)
        valid = jsonschema.Draft202012Validator(DRILL).is_valid(value)
        try:
            read(tmp_path, value)
        except DrillError:
            continue
        assert valid, value
