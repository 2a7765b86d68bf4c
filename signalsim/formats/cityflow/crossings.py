"""Which road links of a junction meet, and who gives way: CityFlow's rules.

Two lane links conflict where their lines cross or touch, or where they end in one lane. Straight
goes before left, left before right (a turn back comes last); between equals CityFlow lets the first
to come go, which is taken here as: the one that the file lists first. A pair that no light phase
shows together and that meets is never green together. Lane links from one road do not conflict.
"""

from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np

from signalsim.errors import InputError
from signalsim.formats.cityflow.files import Intersection
from signalsim.formats.cityflow.layout import Layout
from signalsim.formats.draft import Draft
from signalsim.network.specs import CONFLICT

MAX_PIECES = 20_000  # of all lane links of a junction; a large real one has 3,000
_PRIORITY = {"go_straight": 3, "turn_left": 2, "turn_right": 1, "turn_u": 0}
_TOUCH = 1e-6  # share of a piece's length within which its end belongs to it


def add_conflicts(draft: Draft, layout: Layout, together: Callable[[Intersection, int, int], bool]) -> None:
    """conflict.csv of all junctions; ``together`` says whether two road links ever go at one time."""
    for node in layout.junctions:
        names = layout.movement_ids(node)
        for a, b in meeting(layout, node):
            rule = "yield" if together(node, a, b) else "forbidden"
            if rule == "yield" and _PRIORITY[node.roadLinks[a].type] >= _PRIORITY[node.roadLinks[b].type]:
                a, b = b, a
            draft.add(CONFLICT, mvmt_id=names[a], other_mvmt_id=names[b], rule=rule)
    draft.section("network", conflicts="as_listed")
    rules = draft.column(CONFLICT, "rule")
    draft.understood(
        f"{len(rules):,} pairs of movements that cross or merge, by the lines of their lane links: "
        f"{rules.count('forbidden'):,} never green together, {rules.count('yield'):,} where one gives way "
        "(right to left and straight, left to straight)"
    )


def meeting(layout: Layout, node: Intersection) -> Iterator[tuple[int, int]]:
    """Pairs of road links, by position, from different roads whose lane links meet."""
    pieces = [
        [_pieces(layout.lane_path(node, link, lane)) for lane in link.laneLinks] for link in node.roadLinks
    ]
    size = sum(len(lane) for link in pieces for lane in link)
    if size > MAX_PIECES:
        where = layout.net.intersections.index(node)
        raise InputError(
            f"{layout.path}, intersections[{where}].roadLinks: their laneLinks have {size:,} pieces; at most "
            f"{MAX_PIECES:,} are compared, give fewer points"
        )
    joined = [np.concatenate(link) for link in pieces]
    ends = [{(link.endRoad, lane.endLaneIndex) for lane in link.laneLinks} for link in node.roadLinks]
    for a, b in combinations(range(len(joined)), 2):
        if node.roadLinks[a].startRoad == node.roadLinks[b].startRoad:
            continue
        if ends[a] & ends[b] or any(_meet(lane, joined[b]) for lane in pieces[a]):
            yield a, b


def _pieces(points: list[tuple[float, float]]) -> np.ndarray:
    """(n, 2, 2) pieces of a line: start and vector, each x and y."""
    line = np.array(points, float)
    if len(line) < 2:
        return np.zeros((0, 2, 2))
    return np.stack([line[:-1], np.diff(line, axis=0)], axis=1)


def _meet(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether any piece of ``a`` crosses or touches one of ``b`` that is not parallel to it."""
    (pa, va), (pb, vb) = a.transpose(1, 2, 0)[..., None], b.transpose(1, 2, 0)[..., None, :]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        area = va[0] * vb[1] - va[1] * vb[0]
        dx, dy = pb[0] - pa[0], pb[1] - pa[1]
        on_a, on_b = (dx * vb[1] - dy * vb[0]) / area, (dx * va[1] - dy * va[0]) / area
        inside = (np.abs(on_a - 0.5) <= 0.5 + _TOUCH) & (np.abs(on_b - 0.5) <= 0.5 + _TOUCH)
    return bool((inside & (area != 0)).any())
