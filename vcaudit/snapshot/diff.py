"""What differs between two nodes, element by element. No type of deepdiff leaves this module."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from vcaudit.results import Difference

LIMIT = 100
"""More differences than anyone reads: the rest is counted in a last line."""


def differences(
    reference: object, deviating: object, counts: Callable[[str], bool] = lambda path: True
) -> tuple[Difference, ...]:
    """Differences between canonical built-ins (mappings, lists, sets of text, plain values), in a stable order.

    Only those whose path `counts`: asked before the list is cut, so that what does not count hides nothing that does.

    Paths join the keys of nested mappings with ` / `; an element of a set is its own path. Numbers compare by value and
    type: 1 is not True.
    """
    all_of_them = (one for one in _all(reference, deviating) if counts(one.path))
    found = sorted(all_of_them, key=lambda one: (one.path, one.change, one.reference or ""))
    if len(found) <= LIMIT:
        return tuple(found)
    more = f"(and {len(found) - LIMIT} more differences, not listed)"
    return (*found[:LIMIT], Difference(path=more, change="changed", reference=None, deviating=None))


def changed_keys(before: Mapping[int, object], after: Mapping[int, object]) -> Iterator[int]:
    """Keys of two flat mappings whose values differ, or that one of them lacks."""
    for _, level in _levels(before, after):
        # `path()` tells the same and takes as long as everything else together
        place = level.up.t1_child_rel or level.up.t2_child_rel
        yield int(place.param)


def _all(reference: object, deviating: object) -> Iterator[Difference]:
    for kind, level in _levels(_plain(reference), _plain(deviating)):
        yield from _difference(kind, level)


def _levels(reference: object, deviating: object) -> Iterator[tuple[str, Any]]:
    from deepdiff import DeepDiff

    # left alone, deepdiff passes over every key that begins with two underscores
    tree = DeepDiff(
        reference,
        deviating,
        view="tree",
        verbose_level=2,
        threshold_to_diff_deeper=0,
        ignore_private_variables=False,
    )
    for kind, levels in tree.items():
        for level in levels:
            yield str(kind), level


def _plain(value: Any) -> Any:
    """Tuples as lists: which of them a projection uses is no difference."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Set):
        return set(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _difference(kind: str, level: Any) -> Iterator[Difference]:
    # in a set the element is its own path, and deepdiff ends the list with None for it
    keys = [_part(key) for key in level.path(output_format="list") if key is not None]
    if kind.startswith("set_item"):
        keys.append(_text(level.t2 if kind.endswith("added") else level.t1))
    if kind.endswith("_added"):
        yield from _whole(keys, level.t2, "added")
    elif kind.endswith("_removed"):
        yield from _whole(keys, level.t1, "removed")
    else:
        yield Difference(path=_path(keys), change="changed", reference=_text(level.t1), deviating=_text(level.t2))


def _whole(keys: list[str], value: object, change: str) -> Iterator[Difference]:
    """A branch that only one side has, leaf by leaf."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _whole([*keys, str(key)], item, change)
    elif change == "added":
        yield Difference(path=_path(keys), change="added", reference=None, deviating=_text(value))
    else:
        yield Difference(path=_path(keys), change="removed", reference=_text(value), deviating=None)


def _part(key: object) -> str:
    return f"[{key}]" if isinstance(key, int) else str(key)


def _path(keys: list[str]) -> str:
    return " / ".join(keys)


def _text(value: object) -> str:
    """As people read it; nested values as JSON."""
    if isinstance(value, Set):
        value = sorted(map(str, value))
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
