"""Where the drawn things stand."""

from __future__ import annotations

import itertools
import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcaudit.report import figures
from vcaudit.report.fitting import ems, fitted
from vcaudit.results import Arrow, Box, Compliance, GroupPicture

from . import samples


def box(role: str, **fields) -> Box:
    given_fields = {
        "label": role, "type": "Generic Service", "state": "online", "owner": "VCNODE1", "separate_monitor": True,
        "group": "G", "present": True, "bad": False,
    } | fields  # fmt: skip
    return Box(role=role, **given_fields)


def picture(roles: str, *arrows: tuple[str, str, str]) -> GroupPicture:
    made = tuple(Arrow(source=source, target=target, kind=kind) for source, target, kind in arrows)
    return GroupPicture(name="G", state="online", owner="VCNODE1", boxes=tuple(map(box, roles)), arrows=made)


def positions(drawing: figures.Graph) -> dict[str, tuple[int, int]]:
    return {placed.box.role: (placed.x, placed.y) for placed in drawing.boxes}


def test_each_resource_stands_above_what_it_depends_on() -> None:
    at = positions(figures.graph(samples.picture()))
    assert at["web"][1] < at["vpxd"][1] == at["license"][1] < at["name"][1] < at["ip"][1]
    assert at["web"][0] == at["vpxd"][0]
    assert at["name"][0] == at["ip"][0]


def test_a_missing_dependency_still_decides_where_a_box_stands() -> None:
    assert (
        positions(figures.graph(samples.picture(broken=True))).keys()
        == positions(figures.graph(samples.picture())).keys()
    )
    at = positions(figures.graph(samples.picture(broken=True)))
    assert at["license"][1] == at["vpxd"][1]


def test_arrows_say_what_they_are() -> None:
    arrows = {arrow.kind: arrow.label for arrow in figures.graph(samples.picture(broken=True)).arrows}
    assert arrows == {"required": "", "missing": "missing", "extra": "not in Table 4"}


def test_a_dependency_past_a_layer_goes_around() -> None:
    drawing = figures.graph(picture("abc", ("a", "b", "required"), ("b", "c", "required"), ("a", "c", "extra")))
    (around,) = [arrow for arrow in drawing.arrows if arrow.past]
    assert around.kind == "extra"
    assert around.label_x > max(placed.x for placed in drawing.boxes) + figures.WIDTH


def segments(arrow: figures.PlacedArrow) -> list[tuple[int, int, int, int]]:
    at = [int(each) for each in re.findall(r"-?\d+", arrow.path)]
    points = list(zip(at[0::2], at[1::2], strict=True))
    return [(*one, *other) for one, other in itertools.pairwise(points)]


@pytest.mark.parametrize("source", ["web", "vpxd", "license"])
@pytest.mark.parametrize("target", ["ip", "name"])
def test_a_line_past_the_layers_and_its_label_cross_no_box(source: str, target: str) -> None:
    healthy = samples.picture()
    extra = Arrow(source=source, target=target, kind="extra")
    drawing = figures.graph(msgspec.structs.replace(healthy, arrows=(*healthy.arrows, extra)))
    for arrow in (arrow for arrow in drawing.arrows if arrow.past):
        for placed, (x1, y1, x2, y2) in itertools.product(drawing.boxes, segments(arrow)):
            beside = max(x1, x2) <= placed.x or min(x1, x2) >= placed.x + figures.WIDTH
            assert beside or max(y1, y2) <= placed.y or min(y1, y2) >= placed.y + figures.HEIGHT
        assert all(arrow.label_x > placed.x + figures.WIDTH for placed in drawing.boxes)


def test_labels_of_lines_past_the_layers_stand_apart() -> None:
    healthy = samples.picture()
    extra = tuple(Arrow(source=role, target="ip", kind="extra") for role in ("vpxd", "license", "web"))
    drawing = figures.graph(msgspec.structs.replace(healthy, arrows=(*healthy.arrows, *extra)))
    heights = sorted(arrow.label_y for arrow in drawing.arrows if arrow.past)
    assert len(heights) == 3
    assert all(lower - upper >= figures.LINE for upper, lower in itertools.pairwise(heights))
    assert heights[-1] < drawing.height


ROLES = "abcdefg"
ARROWS = st.tuples(
    st.sampled_from(ROLES), st.sampled_from(ROLES + "z"), st.sampled_from(["required", "missing", "extra"])
)


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(0, len(ROLES)), st.lists(ARROWS, max_size=14))
def test_any_group_is_drawn_inside_its_frame_without_overlap(count: int, arrows: list[tuple[str, str, str]]) -> None:
    drawing = figures.graph(picture(ROLES[:count], *arrows))  # circles, loops and targets nobody drew among them
    for placed in drawing.boxes:
        assert placed.x >= 0
        assert placed.y >= 0
        assert placed.x + figures.WIDTH <= drawing.width
        assert placed.y + figures.HEIGHT <= drawing.height
    for one, other in itertools.combinations(drawing.boxes, 2):
        assert abs(one.x - other.x) >= figures.WIDTH or abs(one.y - other.y) >= figures.HEIGHT
    for arrow in drawing.arrows:
        numbers = [int(each) for each in re.findall(r"-?\d+", arrow.path)]
        assert re.fullmatch(r"[MLC0-9 -]+", arrow.path)
        assert all(0 <= x <= drawing.width for x in numbers[0::2])
        assert all(0 <= y <= drawing.height for y in numbers[1::2])


def test_a_box_says_role_name_state_and_monitor() -> None:
    (placed,) = figures.graph(picture("x")).boxes
    vpxd = figures.PlacedBox(box("vpxd", label="VC Server", separate_monitor=False), 0, 0)
    assert vpxd.heading == "VirtualCenter Server"
    assert vpxd.lines == ("VC Server", "online on VCNODE1", "shared monitor")
    assert placed.heading == "Generic Service"
    gone = figures.PlacedBox(box("web", present=False, owner=None, separate_monitor=None), 0, 0)
    assert gone.lines == ("web", "missing", "")


def test_a_long_name_is_cut_in_the_box_and_whole_in_the_list() -> None:
    long = figures.PlacedBox(box("vpxd", label="VMware VirtualCenter Server of Cologne"), 0, 0)
    assert long.lines[0] == "VMware VirtualCenter S…"


@pytest.mark.parametrize(
    ("text", "widest"),
    [("VirtualCenter Server A", 22), ("VIRTUALCENTER NETWORK NAME", 19), ("W" * 40, 13), ("i" * 60, 41),
     ("Über VirtualCenter", 18), ("仮想センター" * 4, 10), ("<b>" * 9, 20)],
)  # fmt: skip
def test_no_name_is_wider_than_its_box(text: str, widest: int) -> None:
    shown = figures.PlacedBox(box("vpxd", label=text, owner=text), 0, 0).lines
    assert len(shown[0]) <= widest
    assert ems(shown[0]) * 13 <= figures.WIDTH - 24
    assert ems(shown[1]) * 12 <= figures.WIDTH - 24
    assert text.startswith(shown[0].rstrip("…"))


def test_a_name_that_fits_is_whole() -> None:
    """Their real widths in DejaVu Sans Bold: 12.9 and 14.6 of 14.77."""
    for name in ("VC Network Name of it", "VirtualCenter Network"):
        assert fitted(name, figures.NAME_ROOM) == name


def test_the_list_says_what_the_arrows_say() -> None:
    broken = samples.picture(broken=True)
    assert figures.depends(broken, "license") == (("missing", "VC Name"), ("extra", "VC Server"))
    assert figures.depends(broken, "ip") == ()
    assert figures.depends(samples.license_group(), "license") == (("missing", "Lic Name"),)


@pytest.mark.parametrize(
    ("lower", "upper"), [(0.0, 0.0), (0.0, 1.0), (0.94, 1.0), (0.71, 0.77), (1.0, 1.0), (0.02, 0.03)]
)
def test_the_ends_of_the_bar_stay_over_it_and_apart(lower: float, upper: float) -> None:
    bar = figures.bar(
        Compliance(lower=lower, upper=upper, without_waivers=lower, applicable=9, failed=0, undecided=0)
    )  # fmt: skip
    left = bar.high_x if bar.high_anchor == "start" else bar.high_x - figures.FIGURE + 12
    assert left >= 0
    assert (bar.high_x if bar.high_anchor == "end" else bar.high_x + figures.FIGURE) <= figures.BAR
    assert not bar.open or bar.low_x <= max(left, bar.low * 4)
    assert bar.open == bar.high - bar.low
