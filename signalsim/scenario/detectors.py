"""The detectors of a scenario: those of detector.csv, elsewhere those that a camera gives.

By default each lane with a signal has a presence zone of 12 m at its stop line, which calls and
extends (Signal Timing Manual, FHWA-HOP-08-024, 2008, ch. 4: stop-line zones of 20 to 80 ft for
presence at low speeds), and, where it is long enough, a passage line where the camera's view begins,
which counts for the variable initial only. A lane that detector.csv names has the detectors that it
says and no others.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from signalsim.network import Network
from signalsim.network.tables import Table, read_optional
from signalsim.scenario.road import slots, up_ms
from signalsim.signals.specs import DETECTOR

if TYPE_CHECKING:
    from signalsim.engine.detectors import Detectors

ZONE_M = 12.0
VEHICLE_M = 5.0  # over the zone until its rear has left it
APART_M = 20.0  # a passage line lies at least so far upstream of the zone


class Wiring(NamedTuple):
    """Detectors sorted by junction, and what each is connected to."""

    detectors: "Detectors"
    junction: np.ndarray  # (n,) int32
    groups: np.ndarray  # (n,) uint64, the junction's signal groups (bit 0 its first) that its lane serves
    delay_ms: np.ndarray  # (n,) int64
    extend_ms: np.ndarray  # (n,) int64
    calls: np.ndarray  # (n,) bool
    extends: np.ndarray  # (n,) bool
    counts: np.ndarray  # (n,) bool
    link: np.ndarray  # (n,) int32


class _Row(NamedTuple):
    lane: int
    is_line: bool
    reach_m: float
    delay_s: float = 0.0
    extend_s: float = 0.0
    calls: bool = True
    extends: bool = True
    counts: bool = False


def read_detectors(folder: Path, network: Network) -> Table:
    """detector.csv, its references checked; without rows where there is none. Raises InputError."""
    table = read_optional(folder / DETECTOR.file, DETECTOR)
    link = table.lookup("link_id", network.link, "link")
    for i, number in enumerate(table.numbers("lane_num").tolist()):
        there = network.lane_numbers(int(link[i]))
        if number not in there:
            raise table.fault(i, "lane_num", f"is no lane of the link; it has {', '.join(map(str, there))}")
    return table


def wire(built: Any) -> Wiring:
    """Every detector of a built scenario."""
    from signalsim.engine.detectors import LINE, ZONE, Detectors

    index, network = built.index, built.scenario.network
    groups = _lane_groups(built)
    rows = [row for row in _rows(built, groups) if groups[row.lane]]
    rows.sort(key=lambda row: (index.link_junction[index.lane_link[row.lane]], row.lane, row.is_line, row.reach_m))
    column = lambda name, kind: np.array([getattr(row, name) for row in rows], kind)  # noqa: E731
    lane, is_line, reach_m = column("lane", np.int32), column("is_line", bool), column("reach_m", np.float64)
    link = index.lane_link[lane]
    speed = network.speed_mps[link]
    as_ms = lambda seconds: np.round(1000 * seconds).astype(np.int64)  # noqa: E731
    return Wiring(
        detectors=Detectors(
            lane=lane,
            kind=np.where(is_line, LINE, ZONE).astype(np.int32),
            reach_ms=up_ms(reach_m / speed),
            clear_ms=up_ms(VEHICLE_M / speed),
            slots=np.minimum(slots(reach_m, network.jam_pcupm[link]), built.tables.lane_slots[lane]),
            reach_m=reach_m,
        ),
        junction=index.link_junction[link].astype(np.int32),
        groups=np.array([groups[row.lane] for row in rows], np.uint64),
        delay_ms=as_ms(column("delay_s", np.float64)),
        extend_ms=as_ms(column("extend_s", np.float64)),
        calls=column("calls", bool),
        extends=column("extends", bool),
        counts=column("counts", bool),
        link=link.astype(np.int32),
    )


def _lane_groups(built: Any) -> list[int]:
    """Per lane the mask of its junction's groups that it serves at the stop line."""
    index = built.index
    masks = [0] * len(index.lane_link)
    first = np.searchsorted(index.group_junction, np.arange(len(index.junctions)))
    for m, group in enumerate(index.movement_group.tolist()):
        if group < 0:
            continue
        bit = 1 << (group - int(first[index.group_junction[group]]))
        for lane in index.movement_lane[index.movement_lane_start[m] : index.movement_lane_start[m + 1]]:
            masks[lane] |= bit
    return masks


def _rows(built: Any, groups: list[int]) -> list[_Row]:
    index, table = built.index, built.scenario.detectors
    view_m = float(built.scenario.network.defaults.camera_view_m)
    place = {
        (index.links[link], int(number)): lane
        for lane, (link, number) in enumerate(zip(index.lane_link, index.lane_number, strict=True))
        if index.lane_at_stop[lane]
    }
    rows = _listed(table, place, index.lane_length_m, view_m)
    listed = {row.lane for row in rows}
    for lane in place.values():
        length_m = float(index.lane_length_m[lane])
        if lane in listed or not groups[lane]:
            continue
        rows.append(_Row(lane, False, min(ZONE_M, length_m)))
        if min(view_m, length_m) >= ZONE_M + APART_M:
            rows.append(_Row(lane, True, min(view_m, length_m), calls=False, extends=False, counts=True))
    return rows


def _listed(
    table: Table, place: dict[tuple[str, int], int], length_m: np.ndarray, view_m: float
) -> list[_Row]:
    rows = []
    for i in range(len(table)):
        number = lambda name: float(table.numbers(name)[i])  # noqa: B023, E731
        is_line = table.texts("mode")[i] == "passage"
        lane = place[table.texts("link_id")[i], int(number("lane_num"))]
        reach_m = number("distance_m") if is_line else number("length_m")
        rows.append(
            _Row(
                lane=lane,
                is_line=is_line,
                reach_m=min(view_m if np.isnan(reach_m) else reach_m, float(length_m[lane])),
                delay_s=number("delay_s"),
                extend_s=number("extend_s"),
                calls=bool(number("calls")),
                extends=bool(number("extends")),
                counts=bool(number("counts")),
            )
        )
    return rows
