"""Where things of a drawing go: the resource group as a graph, the compliance bar. Templates turn them into SVG."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from vcaudit.report.fitting import fitted
from vcaudit.report.summary import percent, role_name
from vcaudit.results import Arrow, Box, Compliance, GroupPicture

WIDTH: Final = 216
"""Of a box, in the units of the drawing (16 to a line of text)."""
HEIGHT: Final = 88
GAP_X: Final = 28
GAP_Y: Final = 46
OVER: Final = 28
"""How far above its boxes a line between neighbours runs."""
MARGIN: Final = 12
NAME_ROOM: Final = (WIDTH - 24) / 13
"""Of a name in a box, in heights of its font; the whole name stands in the list beside the drawing."""
LINE_ROOM: Final = (WIDTH - 24) / 12
BAR: Final = 400
"""Length of the compliance bar, four units to a percent."""
LINE: Final = 16
LANE: Final = 14
"""Between two lines that run beside each other past the layers."""
LABEL: Final = 104
"""Room for the label of such a line."""
FIGURE: Final = 46
"""Room that a figure above the bar takes."""


@dataclass(frozen=True)
class PlacedBox:
    """A box and its upper left corner."""

    box: Box
    x: int
    y: int

    @property
    def lines(self) -> tuple[str, str, str]:
        """Name, state with owner, monitor; the role stands above them."""
        box = self.box
        where = f" on {fitted(box.owner, LINE_ROOM / 2)}" if box.owner else ""
        state = fitted(f"{box.state}{where}", LINE_ROOM) if box.present else "missing"
        return fitted(box.label, NAME_ROOM), state, monitor(box)

    @property
    def heading(self) -> str:
        """What it is for; the type for what fills no role."""
        name = role_name(self.box.role)
        return name if name != self.box.role else fitted(self.box.type, LINE_ROOM)


@dataclass(frozen=True)
class PlacedArrow:
    """A line from the resource to what it depends on, with its head at the end."""

    kind: str
    path: str
    """SVG path data, numbers only."""
    head: str
    """Points of the arrow's head."""
    label: str
    """Empty for what is required and there."""
    label_x: int
    label_y: int
    label_anchor: str = "start"
    past: bool = False
    """It leads past layers."""


@dataclass(frozen=True)
class Graph:
    """A group as drawn, dependents above what they depend on."""

    picture: GroupPicture
    width: int
    height: int
    boxes: tuple[PlacedBox, ...]
    arrows: tuple[PlacedArrow, ...]


@dataclass(frozen=True)
class Bar:
    """Compliance between its two ends, in percent of the bar."""

    low: int
    high: int

    @property
    def open(self) -> int:
        """What could go either way."""
        return self.high - self.low

    @property
    def high_anchor(self) -> str:
        """Which end of the upper figure stands at `high_x`: it stays over the bar."""
        return "start" if self.high_x + FIGURE <= BAR and self.open else "end"

    @property
    def high_x(self) -> int:
        """Where the upper figure stands."""
        return max(self.high * 4, FIGURE - 12)

    @property
    def low_x(self) -> int:
        """Where the lower figure ends, clear of the upper one."""
        right = self.high_x - FIGURE if self.high_anchor == "end" else BAR
        return min(max(self.low * 4, FIGURE - 12), right)


def bar(value: Compliance) -> Bar:
    """Rounded down like every figure of compliance."""
    return Bar(percent(value.lower), percent(value.upper))


def monitor(box: Box) -> str:
    """Whether it runs in a Resource Monitor of its own, in words."""
    if not box.present:
        return ""
    return {True: "own monitor", False: "shared monitor", None: "monitor not known"}[box.separate_monitor]


def depends(picture: GroupPicture, role: str) -> tuple[tuple[str, str], ...]:
    """Kind and name of everything a box depends on or should: the drawing's arrows as a list."""
    names = {box.role: box.label if box.present else role_name(box.role) for box in picture.boxes}
    return tuple(
        (arrow.kind, names.get(arrow.target, arrow.target)) for arrow in picture.arrows if arrow.source == role
    )


def graph(picture: GroupPicture) -> Graph:
    """Places the boxes in layers by what they depend on, each above its dependencies."""
    layers = _layers(picture)
    columns = _columns(picture, layers)
    depth = max(layers.values(), default=0)
    left = min(columns.values(), default=0)
    top = MARGIN + (OVER if any(_level(arrow, layers, depth) for arrow in picture.arrows) else 0)
    boxes: dict[str, PlacedBox] = {}
    for box in picture.boxes:
        y = top + (depth - layers[box.role]) * (HEIGHT + GAP_Y)
        boxes[box.role] = PlacedBox(box, MARGIN + columns[box.role] - left, y)
    right = max((placed.x for placed in boxes.values()), default=0) + WIDTH
    drawn = [a for a in picture.arrows if a.source in boxes and a.target in boxes and a.source != a.target]
    around = [arrow for arrow in drawn if _passes(boxes[arrow.source], boxes[arrow.target])]
    lanes = {id(arrow): right + GAP_X // 2 + number * LANE for number, arrow in enumerate(around)}
    arrows = tuple(_arrow(arrow, boxes, lanes.get(id(arrow))) for arrow in drawn)
    width = (max(lanes.values()) + LABEL if lanes else right) + MARGIN
    arrows = _apart(arrows, max(lanes.values(), default=0) + 7)
    height = top + (depth + 1) * (HEIGHT + GAP_Y) - GAP_Y + MARGIN
    return Graph(picture, width, height, tuple(boxes.values()), arrows)


def _level(arrow: Arrow, layers: dict[str, int], layer: int) -> bool:
    """Whether it runs between two boxes of this layer."""
    return arrow.source != arrow.target and layers.get(arrow.source) == layers.get(arrow.target) == layer


def _layers(picture: GroupPicture) -> dict[str, int]:
    """0 depends on nothing. What the note requires decides; other arrows only lift what would hang in the air."""
    layers = {box.role: 0 for box in picture.boxes}
    wanted = [arrow for arrow in picture.arrows if arrow.kind != "extra"]
    tied = {role for arrow in wanted for role in (arrow.source, arrow.target)}
    used = wanted + [arrow for arrow in picture.arrows if arrow.kind == "extra" and arrow.source not in tied]
    for _ in layers:  # a path is no longer than there are boxes, so that a circle ends as well
        for arrow in used:
            if arrow.source in layers and arrow.target in layers:
                layers[arrow.source] = min(max(layers[arrow.source], layers[arrow.target] + 1), len(layers) - 1)
    return _packed(layers)


def _packed(layers: dict[str, int]) -> dict[str, int]:
    ranks = {layer: rank for rank, layer in enumerate(sorted(set(layers.values())))}
    return {role: ranks[layer] for role, layer in layers.items()}


def _columns(picture: GroupPicture, layers: dict[str, int]) -> dict[str, int]:
    """Left edges: above the middle of what a box depends on, neighbours pushed apart evenly."""
    step = WIDTH + GAP_X
    columns: dict[str, int] = {}
    for layer in range(max(layers.values(), default=0) + 1):
        roles = [box.role for box in picture.boxes if layers[box.role] == layer]
        wish = {role: _above(picture.arrows, role, columns) for role in roles}
        roles.sort(key=lambda role: wish[role])  # stable: what wishes the same keeps the picture's order
        middle = sum(wish.values()) / max(len(roles), 1)
        even = {role: middle + (place - (len(roles) - 1) / 2) * step for place, role in enumerate(roles)}
        columns |= {role: round(even[role]) for role in roles}
    return columns


def _above(arrows: Sequence[Arrow], role: str, columns: dict[str, int]) -> float:
    below = [columns[arrow.target] for arrow in arrows if arrow.source == role and arrow.target in columns]
    return sum(below) / len(below) if below else 0.0


def _passes(source: PlacedBox, target: PlacedBox) -> bool:
    """Whether an arrow leads past layers, or upwards."""
    return target.y != source.y and target.y - source.y != HEIGHT + GAP_Y


def _arrow(arrow: Arrow, boxes: dict[str, PlacedBox], lane: int | None) -> PlacedArrow:
    label = {"required": "", "missing": "missing", "extra": "not in Table 4"}[arrow.kind]
    source, target = boxes[arrow.source], boxes[arrow.target]
    if lane is not None:
        return _around(arrow.kind, label, (source, target), lane, list(boxes.values()))
    draw = _beside if target.y == source.y else _down
    return draw(arrow.kind, label, source, target)


def _down(kind: str, label: str, source: PlacedBox, target: PlacedBox) -> PlacedArrow:
    """Straight to the layer below; arrows that lean keep apart where they leave and arrive."""
    x1, y1, x2, y2 = source.x + WIDTH // 2, source.y + HEIGHT, target.x + WIDTH // 2, target.y
    lean = max(-36, min(36, (x2 - x1) // 4))
    x1, x2 = x1 + lean, x2 - lean
    head = f"{x2},{y2} {x2 - 5},{y2 - 9} {x2 + 5},{y2 - 9}"
    path = f"M {x1} {y1} L {x2} {y2 - 8}"
    # beside the line, on the side from which it leans away
    x, side = ((x1 + x2) // 2 - 9, "end") if x2 > x1 else ((x1 + x2) // 2 + 9, "start")
    return PlacedArrow(kind, path, head, label, x, (y1 + y2) // 2 + 4, side)


def _beside(kind: str, label: str, source: PlacedBox, target: PlacedBox) -> PlacedArrow:
    """Over what stands between two neighbours; below them leave the arrows to the next layer."""
    way = 1 if target.x > source.x else -1
    x1, x2 = source.x + WIDTH // 2 + way * WIDTH // 4, target.x + WIDTH // 2 - way * WIDTH // 4
    y, above = source.y, source.y - OVER
    head = f"{x2},{y} {x2 - 5},{y - 9} {x2 + 5},{y - 9}"
    path = f"M {x1} {y} L {x1} {above} L {x2} {above} L {x2} {y - 8}"
    return PlacedArrow(kind, path, head, label, (x1 + x2) // 2, y - 9, "middle")


def _around(
    kind: str, label: str, ends: tuple[PlacedBox, PlacedBox], lane: int, boxes: Sequence[PlacedBox]
) -> PlacedArrow:
    """Past the layers between, in a lane to the right of all boxes; through the gap between two layers where a
    neighbour stands in the way to it."""
    source, target = ends
    way = 1 if target.y > source.y else -1
    leave, x1, y1 = _side(source, way, boxes)
    arrive, x2, y2 = _side(target, -way, boxes)
    above = -1 if y2 < target.y + HEIGHT // 2 else 1  # where it comes from when it meets the top or the bottom
    path = [f"M {x1} {source.y + HEIGHT // 2}" if leave is None else f"M {x1} {y1} L {x1} {leave}"]
    path += [f"L {lane} {y1 if leave is None else leave}", f"L {lane} {y2 if arrive is None else arrive}"]
    if arrive is None:
        head = f"{x2},{y2} {x2 + 9},{y2 - 5} {x2 + 9},{y2 + 5}"
        path.append(f"L {x2 + 8} {y2}")
    else:
        head = f"{x2},{y2} {x2 - 5},{y2 + above * 9} {x2 + 5},{y2 + above * 9}"
        path.append(f"L {x2} {arrive} L {x2} {y2 + above * 8}")
    middle = (source.y + target.y + HEIGHT) // 2
    return PlacedArrow(kind, " ".join(path), head, label, lane, middle + 4, past=True)


def _apart(arrows: Sequence[PlacedArrow], column: int) -> tuple[PlacedArrow, ...]:
    """Labels of lines past the layers stand to the right of all of them, where nothing else is, below each other."""
    taken: set[int] = set()
    out = []
    for arrow in arrows:
        y = arrow.label_y
        if arrow.label and arrow.past:
            y = next(free for free in itertools.count(y, LINE) if all(abs(free - other) >= LINE for other in taken))
            taken.add(y)
        out.append(replace(arrow, label_x=column, label_y=y) if arrow.past else arrow)
    return tuple(out)


def _side(placed: PlacedBox, way: int, boxes: Sequence[PlacedBox]) -> tuple[int | None, int, int]:
    """Where a line to the lane leaves a box: its right-hand side, or else its top or bottom and the height at which
    it runs in the gap (upwards for `way` -1)."""
    if not any(other.y == placed.y and other.x > placed.x for other in boxes):
        return None, placed.x + WIDTH, placed.y + HEIGHT // 2
    edge = placed.y + (HEIGHT if way > 0 else 0)
    return edge + way * GAP_Y // 4, placed.x + WIDTH - 20, edge
