"""Where an inventory says that passwords are: a keyring, a command; mistakes with their lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from test_inventory import SMALL, damaged, mistakes

from vcaudit.errors import InventoryError
from vcaudit.inventory import CredentialSpec, load_inventory
from vcaudit.inventory.schema import INVENTORY


def text(**keys: Any) -> str:
    value = yaml.safe_load(SMALL)
    value["credentials"]["admin"] = {"user": "CORP\\x", **keys}
    return yaml.safe_dump(value)


def spec(folder: Path, **keys: Any) -> CredentialSpec:
    return load_inventory(folder / "vcaudit.yaml", text(**keys)).clusters[0].credential


def test_a_keyring_by_its_service(tmp_path: Path) -> None:
    plain = spec(tmp_path, keyring="vcaudit")
    assert (plain.source, plain.place, plain.words) == ("keyring", "vcaudit", ("CORP\\x",))
    other = spec(tmp_path, keyring={"service": "vcaudit", "user": "ops"})
    assert (other.user, other.place, other.words) == ("CORP\\x", "vcaudit", ("ops",))


def test_a_command_as_text_or_as_a_list(tmp_path: Path) -> None:
    as_text = spec(tmp_path, password_command="pass show 'vc/prod one'")
    assert (as_text.source, as_text.place) == ("command", str(tmp_path))
    assert as_text.words == ("pass", "show", "vc/prod one")
    assert spec(tmp_path, password_command=["pass", "show", "vc/prod one"]).words == as_text.words


def test_a_program_relative_to_the_inventory(tmp_path: Path) -> None:
    (tmp_path / "show").write_text("")
    with pytest.raises(InventoryError, match="there is no program"):
        spec(tmp_path, password_command="./show x")
    (tmp_path / "show").chmod(0o755)
    assert spec(tmp_path, password_command="./show x").words == ("./show", "x")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"keyring": "a", "password_command": "b"}, "has keyring and password_command: keep one of them"),
        ({"keyring": {"user": "x"}}, "keyring lacks service"),
        ({"keyring": {"service": "x", "usr": "y"}}, "has no key usr (did you mean user?)"),
        ({"keyring": []}, "keyring must be text without control characters"),
        ({"password_command": []}, "password_command names no program"),
        ({"password_command": "  "}, "password_command names no program"),
        ({"password_command": ["", "x"]}, "password_command[1] must be text of one line"),
        ({"password_command": "pass 'hunter2"}, "cannot be split into words (no closing quotation)"),
        ({"password_command": ["pass", 5]}, "password_command[2] must be text"),
        ({"password_command": {"a": 1}}, "password_command must be text of one line"),
        ({"password_comand": "pass hunter2"}, "has no key password_comand (did you mean password_command?)"),
    ],
)
def test_mistakes_have_their_line_and_repeat_nothing(keys: dict[str, Any], said: str) -> None:
    found = mistakes(text(**keys))
    assert any(said in message for message in found), found
    assert all(message.partition(":")[0].isdigit() and "hunter2" not in message for message in found)


@pytest.mark.parametrize("keys", [{"keyring": {"service": "a", "user": "b"}}, {"password_command": ["pass", "show"]}])
def test_any_damage_is_told_and_what_editors_refuse_is_refused(keys: dict[str, Any], tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(INVENTORY)
    value = yaml.safe_load(text(**keys))
    assert not list(validator.iter_errors(value))
    for each in damaged(value["credentials"]):
        changed = {**value, "credentials": each}
        refused = bool(list(validator.iter_errors(changed)))
        try:
            load_inventory(tmp_path / "vcaudit.yaml", yaml.safe_dump(changed))
        except InventoryError:
            continue
        assert not refused, each
