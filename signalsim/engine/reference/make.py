"""Tables and arrivals turned into the objects of the reference engine."""

from ..tables import Arrivals, Tables
from .clock import LANE, ROOM, YIELD, Alarm, Clock
from .road import Feeder, Lane, Movement, Segment, Source, Vehicle

_TIMES = ("traverse_ms", "headway_ms", "startup_ms", "startup2_ms", "end_gain_ms", "gap_ms", "follow_ms")
_NUMBERS = (
    *_TIMES, "sneakers", "serve_first", "serve_last", "loss_ms", "hold_ms", "rules",
)  # of a Movement, in its order  # fmt: skip


def make_road(tables: Tables, clock: Clock) -> tuple[list[Segment], list[Lane], list[Movement]]:
    """Segments, lanes (sources at the end) and movements, knowing each other."""
    segments = [Segment(i, int(row.link), int(row.travel_ms)) for i, row in enumerate(tables.segment)]
    for segment, row in zip(segments, tables.segment, strict=True):
        segment.behind = segments[row.next] if row.next >= 0 else None
        segment.alarm = Alarm(clock, ROOM, segment.index)
    n_lanes = len(tables.lane_slots)
    lanes: list[Lane] = []
    for i, s in enumerate(tables.lane):
        if i < n_lanes:
            numbers = (tables.lane_slots[i], tables.lane_headway_ms[i], tables.lane_wave_ms[i])
            lanes.append(Lane(i, segments[s], *map(int, numbers)))
            segments[s].lanes.append(lanes[-1])
        else:
            lanes.append(Source(i, segments[s]))
        lanes[-1].alarm, lanes[-1].yield_alarm = Alarm(clock, LANE, i), Alarm(clock, YIELD, i)
    for segment, row in zip(segments, tables.segment, strict=True):
        rows = tables.feeder[row.feeder_start : row.feeder_end]
        segment.feeders = [Feeder(lanes[f.lane], int(f.stride)) for f in rows]
    return segments, lanes, _make_movements(tables, segments, lanes)


def _make_movements(tables: Tables, segments: list[Segment], lanes: list[Lane]) -> list[Movement]:
    movements = []
    for i, row in enumerate(tables.movement):
        numbers = [int(row[name]) for name in _NUMBERS]
        movements.append(Movement(i, segments[row.to_segment], int(row.group), *numbers))  # type: ignore[arg-type]
    pairs = [(lanes[pair.lane], movements[pair.movement]) for pair in tables.priority]
    for movement, row in zip(movements, tables.movement, strict=True):
        movement.priority = pairs[row.yield_start : row.yield_end]
        movement.foes = pairs[row.foe_start : row.foe_end]
    return movements


def make_vehicles(arrivals: Arrivals) -> list[Vehicle]:
    """Vehicles with their routes, by index."""
    vehicles = []
    for v, row in enumerate(arrivals.route):
        start, end = arrivals.route_start[row], arrivals.route_start[row + 1]
        route = [int(m) for m in arrivals.route_movement[start:end]]
        dwell = [int(ms) for ms in arrivals.route_dwell_ms[start:end]]
        depart, pace, size = int(arrivals.depart_ms[v]), int(arrivals.pace[v]), int(arrivals.size[v])
        vehicles.append(Vehicle(v, depart, pace, size, route, dwell, bool(arrivals.siren[v])))
    return vehicles


def fill_sources(tables: Tables, arrivals: Arrivals, lanes: list[Lane], vehicles: list[Vehicle]) -> None:
    """Every vehicle waits at the source of the link on which its route begins."""
    source = {lane.segment.index: lane for lane in lanes if isinstance(lane, Source)}
    for vehicle, row in zip(vehicles, arrivals.route, strict=True):
        first = int(tables.link_first_segment[arrivals.route_link[row]])
        source[first].vehicles.append(vehicle)


def lanes_of_groups(tables: Tables, lanes: list[Lane]) -> list[list[Lane]]:
    """Per signal group the lanes at whose stop line its lamp counts."""
    return [
        [lanes[l] for l in tables.group_lane[row.lane_start : row.lane_end]] for row in tables.signals.group
    ]
