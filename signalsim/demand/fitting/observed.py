"""Counts as a fit sees them: points where vehicles pass, and how many did in which interval."""

from dataclasses import dataclass, field

import numpy as np

from signalsim.counts import WHOLE_APPROACH, CountTable
from signalsim.errors import InputError
from signalsim.network import Network


@dataclass(frozen=True)
class Observed:
    """Counts, in the order of their points and times; times are after simulated time 0.

    A point is a movement at its stop line, all who begin on an entry link, or all who leave another link.
    """

    point_link: np.ndarray  # (n_points,) int32
    point_movement: np.ndarray  # (n_points,) int32, -1: the whole link
    point: np.ndarray  # (n,) int32
    start_ms: np.ndarray  # (n,) int64
    end_ms: np.ndarray  # (n,) int64
    count: np.ndarray  # (n,) float64: several cameras averaged, classes added
    at_least: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))  # (n,) a saturated count: demand
    # was this or more

    def __len__(self) -> int:
        return len(self.count)

    @property
    def n_points(self) -> int:
        return len(self.point_link)

    def name(self, point: int, network: Network) -> str:
        """Movement or link."""
        movement = int(self.point_movement[point])
        return network.movement.ids[movement] if movement >= 0 else network.link.ids[self.point_link[point]]


def observe(
    counts: CountTable, network: Network, start_ms: int, end_ms: int, is_bound: np.ndarray | None = None
) -> Observed:
    """The usable counts that lie within ``end_ms`` (ms) from simulated time 0, UTC ``start_ms``.

    ``is_bound``: (n,) rows that are lower bounds of demand. Where vehicles begin on a link and its whole is
    counted, and where movements are, both are points.
    Raises InputError where none lies there.
    """
    begin, end = counts.start_ms - start_ms, counts.end_ms - start_ms
    rows = np.flatnonzero(counts.is_valid & (begin >= 0) & (end <= end_ms))
    if not len(rows):
        raise InputError(
            f"{counts.path}: no count lies between simulated time 0 and the end of the demand window; "
            "correct 'start' or 'horizon' in scenario.toml"
        )
    cameras, classes = counts.table.texts("camera_id"), counts.table.texts("vehicle_class")

    def place_of(row: int) -> tuple[int, int, int, int]:
        return int(counts.link[row]), int(counts.movement[row]), int(begin[row]), int(end[row])

    by_class: dict[tuple[int, int, int, int, str], dict[str, float]] = {}
    for row in rows.tolist():
        key = (*place_of(row), classes[row])
        by_class.setdefault(key, {})[cameras[row]] = float(counts.count[row])
    bounds = {place_of(row) for row in rows[is_bound[rows]].tolist()} if is_bound is not None else set()
    total: dict[tuple[int, int, int, int], float] = {}
    for (*place, _), seen in sorted(by_class.items()):
        where = (place[0], place[1], place[2], place[3])
        total[where] = total.get(where, 0.0) + sum(seen.values()) / len(seen)
    keys = np.array(sorted(total), np.int64).reshape(-1, 4)
    points, of = np.unique(keys[:, :2], axis=0, return_inverse=True)
    return Observed(
        point_link=points[:, 0].astype(np.int32),
        point_movement=np.where(points[:, 1] == WHOLE_APPROACH, -1, points[:, 1]).astype(np.int32),
        point=of.reshape(-1).astype(np.int32),
        start_ms=keys[:, 2],
        end_ms=keys[:, 3],
        count=np.array([total[a, b, c, d] for a, b, c, d in keys.tolist()]),
        at_least=np.array([tuple(key) in bounds for key in keys.tolist()], bool),
    )


def slots(observed: Observed, end_ms: int) -> np.ndarray:
    """(n_slots + 1,) int64 ms: periods of an even departure rate, [0, end_ms) in the most common interval.

    What lies before the first count belongs to the first slot.
    """
    length, often = np.unique(observed.end_ms - observed.start_ms, return_counts=True)
    step = int(length[np.argmax(often)])
    first = int(observed.start_ms[observed.end_ms - observed.start_ms == step].min())
    edges = np.arange(first + step, end_ms, step)
    return np.concatenate([[0], edges, [end_ms]]).astype(np.int64)
