"""Small roads by hand, for rules that can be worked out on paper."""

import numpy as np

from signalsim.engine.build import Road, SignalSpec, make_tables
from signalsim.engine.compiled import CompiledEngine
from signalsim.engine.footways import Crossings
from signalsim.engine.reference import ReferenceEngine
from signalsim.engine.tables import EXIT, Arrivals, Tables

ENGINES = {"numba": CompiledEngine, "simpy": ReferenceEngine}
HEADWAY_MS = 2000


def tables_of(
    links: list[dict],
    movements: list[dict],
    *,
    yields=(),
    foes=(),
    signals: SignalSpec | None = None,
    origins=(0,),
    crossings: Crossings = Crossings(),  # noqa: B008
) -> Tables:
    """One-segment links ``{travel_ms, lanes, slots, wave_ms}`` and movements ``{a, b, lanes, ...}``."""
    lane_link = [i for i, link in enumerate(links) for _ in range(link.get("lanes", 1))]
    first_lane = [lane_link.index(i) for i in range(len(links))]
    serves = [(first_lane[m["a"]] + i, k) for k, m in enumerate(movements) for i in m.get("lanes", (0,))]
    serves = np.array(serves, int).reshape(-1, 2)

    def of_movement(name: str, default: int) -> np.ndarray:
        return np.array([m.get(name, default) for m in movements], int)

    road = Road(
        segment_link=np.arange(len(links)),
        segment_travel_ms=np.array([link.get("travel_ms", 10_000) for link in links]),
        lane_segment=np.array(lane_link),
        lane_slots=np.array([links[i].get("slots", 40) for i in lane_link]),
        lane_headway_ms=np.array([links[i].get("headway_ms", HEADWAY_MS) for i in lane_link]),
        lane_wave_ms=np.array([links[i].get("wave_ms", 20_000) for i in lane_link]),
        lane_view_ms=np.full(len(lane_link), 5000),
        lane_view_slots=np.full(len(lane_link), 20),
        movement_from_link=of_movement("a", 0),
        movement_to_link=of_movement("b", 0),
        movement_group=of_movement("group", -1),
        movement_traverse_ms=of_movement("traverse_ms", 0),
        movement_headway_ms=of_movement("headway_ms", HEADWAY_MS),
        movement_startup_ms=of_movement("startup_ms", 0),
        movement_startup2_ms=of_movement("startup2_ms", 0),
        movement_end_gain_ms=of_movement("end_gain_ms", 0),
        movement_gap_ms=of_movement("gap_ms", 4500),
        movement_follow_ms=of_movement("follow_ms", 2500),
        movement_sneakers=of_movement("sneakers", 0),
        movement_loss_ms=of_movement("loss_ms", 0),
        movement_hold_ms=of_movement("hold_ms", 0),
        movement_rules=of_movement("rules", 0),
        serves=serves,
        yields=np.array(yields, int).reshape(-1, 2),
        foes=np.array(foes, int).reshape(-1, 2),
        origins=np.array(origins),
    )
    return make_tables(road, signals or no_signals(), crossings)


def no_signals() -> SignalSpec:
    none = np.zeros(0, int)
    return SignalSpec(none, none, none, none, none, none.astype(np.uint64), none, none, none)


def two_stages(min_green_ms: int = 0, yellow_ms: int = 3000, intergreen_ms: int = 5000) -> SignalSpec:
    """One junction, groups 0 and 1 in conflict, a stage each."""
    return SignalSpec(
        group_junction=np.zeros(2, int),
        group_min_green_ms=np.full(2, min_green_ms),
        group_yellow_ms=np.full(2, yellow_ms),
        group_max_red_ms=np.zeros(2, int),
        stage_junction=np.zeros(2, int),
        stage_mask=np.array([1, 2], np.uint64),
        initial_stage=np.zeros(1, int),
        forbidden=np.array([[0, 1]]),
        intergreen=np.array([[0, 1, intergreen_ms], [1, 0, intergreen_ms]]),
    )


def walks_of(arrivals: Arrivals, *crossings: list[tuple[int, bool]]) -> Arrivals:
    """The same with pedestrians: ``(time ms, to the far kerb)`` at each crossing."""
    people = [one for people in crossings for one in sorted(people)]
    return arrivals._replace(
        pedestrian_start=np.cumsum([0, *map(len, crossings)]).astype(np.int32),
        pedestrian_ms=np.array([t for t, _ in people], np.int64),
        pedestrian_far=np.array([far for _, far in people], bool),
    )


def arrivals_of(trips: list[tuple[int, int, list[int]]], size: int = 2) -> Arrivals:
    """``(wished departure ms, first link, movements)`` per vehicle, all of average pace."""
    trips = sorted(trips, key=lambda trip: trip[0])
    rows = [[*movements, EXIT] for _, _, movements in trips]
    return Arrivals(
        depart_ms=np.array([t for t, _, _ in trips], np.int64),
        route=np.arange(len(trips), dtype=np.int32),
        pace=np.full(len(trips), 1000, np.int32),
        size=np.full(len(trips), size, np.int32),
        route_link=np.array([link for _, link, _ in trips], np.int32),
        route_start=np.cumsum([0, *map(len, rows)]).astype(np.int32),
        route_movement=np.array([m for row in rows for m in row], np.int32),
        route_dwell_ms=np.zeros(sum(map(len, rows)), np.int32),
        siren=np.zeros(len(trips), bool),
    )


def run(engine: str, tables: Tables, arrivals: Arrivals, until_ms: int, requests=()):
    """Run to ``until_ms``; ``requests`` are (time, stage) of junction 0. Returns the engine."""
    made = ENGINES[engine](tables, arrivals, count_from_ms=0, count_to_ms=until_ms, record=True)
    for time, stage in requests:
        made.advance(time)
        made.request(np.array([stage], np.int32), np.array([time], np.int64))
    made.advance(until_ms)
    return made


def times(made, kind, place=None) -> list[int]:
    """When records of a kind (at a place) were written."""
    rows = made.records()
    rows = rows[rows["kind"] == kind]
    return [int(r["t_ms"]) for r in rows if place is None or r["place"] == place]
