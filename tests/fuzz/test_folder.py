"""What people bring, damaged: no error but ours, and no fact that the undamaged folder does not hold."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from tests.fuzz.damage import LENGTHS, damaged, tried
from tests.offline.compare import differences
from tests.offline.folder import complete, export
from vcaudit import offline
from vcaudit.collect.decoding import plain_text
from vcaudit.errors import SourceError
from vcaudit.lab.scenario import load
from vcaudit.snapshot import codec
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Snapshot

pytestmark = pytest.mark.parametrize("length", LENGTHS)


WRITTEN = 1_180_000_000
"""When all files were, in seconds since 1970."""


@cache
def files() -> dict[str, bytes]:
    """What somebody brings of one node."""
    name, description = next(iter(load("quorum-disk-2003").nodes.items()))
    with tempfile.TemporaryDirectory() as place:
        root = export(Path(place), name, complete(name, description))
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def brought(changed: Mapping[str, bytes]) -> Snapshot:
    """The snapshot of that folder, with other files in it."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "VCNODE1"
        for name, data in {**files(), **changed}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
            os.utime(root / name, (WRITTEN, WRITTEN))
        return offline.snapshot([offline.Source(root, None)], cluster=None, name="vc")


@cache
def truth() -> Snapshot:
    """Of the undamaged folder."""
    return brought({})


def unknown_where_unknown(true: Any, seen: Any) -> Any:
    """`true`, but Missing wherever `seen` is: what is not known is no other fact."""
    if isinstance(seen, Missing) and not isinstance(true, Missing):
        return true
    if isinstance(true, Struct) and type(true) is type(seen):
        pairs = {name: (getattr(true, name), getattr(seen, name)) for name in true.__struct_fields__}
        return replace(seen, **{name: unknown_where_unknown(*pair) for name, pair in pairs.items()})
    if isinstance(true, tuple) and isinstance(seen, tuple) and len(true) == len(seen):
        return tuple(unknown_where_unknown(*pair) for pair in zip(true, seen, strict=True))
    return seen


def invented(true: Snapshot, seen: Snapshot) -> list[str]:
    """Facts of `seen` that are neither true nor unknown."""
    return list(differences(true.nodes[0], unknown_where_unknown(true.nodes[0], seen.nodes[0])))


def test_a_damaged_file_raises_nothing_of_its_own(length: str) -> None:
    def check(change: tuple[str, bytes]) -> None:
        try:
            seen = brought(dict([change]))
        except SourceError:
            return
        assert codec.decode(codec.encode(seen), "s.json") == seen

    strategy: Any = st.sampled_from(sorted(files())).flatmap(
        lambda name: st.tuples(st.just(name), damaged((files()[name],))))  # fmt: skip
    tried(length, 25, strategy, check)


def test_a_cut_export_gives_no_other_fact(length: str) -> None:
    true = truth()
    exports = [name for name in sorted(files()) if name.endswith(".reg")]

    def check(cut: tuple[str, float]) -> None:
        name, part = cut
        data = files()[name][: int(len(files()[name]) * part)]
        # Between two keys it ends as a whole one does, and nobody can see it.
        assume(not plain_text(data).endswith("\n\r\n"))
        try:
            seen = brought({name: data})
        except SourceError:
            return
        assert not invented(true, seen), name

    tried(length, 25, st.tuples(st.sampled_from(exports), st.floats(0, 1)), check)
