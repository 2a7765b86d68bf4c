"""One run as tables: what was measured per movement, lane group, approach, junction and pair of ends.

A table is a dict of columns, one row per place and period. Period ``all`` is the demand window; where it
is longer than a period, its parts follow as 1, 2, ... A vehicle belongs to the period in which it would
have been at the stop line had it not had to wait to enter, counted or not: what an engineer counts there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from signalsim import measures as m
from signalsim.engine.tables import STOPS, TAKES_TURNS, Tables
from signalsim.errors import InputError
from signalsim.simulation import Run

PERIOD_S = 900  # the analysis period of the Highway Capacity Manual
SAMPLE_S = 1  # queues are looked at this often

Table = dict[str, np.ndarray]  # texts as str_


class Period(NamedTuple):
    name: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True)
class Study:
    """A run prepared for its tables. Made by ``study``."""

    run: Run
    p: m.Passages
    shown: m.Greens
    groups: m.LaneGroups
    periods: tuple[Period, ...]

    @property
    def tables(self) -> Tables:
        """The engine's."""
        return self.run.built.tables

    @property
    def network(self) -> Any:
        return self.run.built.scenario.network

    @property
    def crossings(self) -> Any:
        return self.run.built.signals.crossings

    @property
    def has_walks(self) -> bool:
        """Whether there are crossings, and an engine that knows pedestrians."""
        return len(self.run.sums.pedestrian_start) > 1


def study(run: Run, period_s: float = PERIOD_S) -> Study:
    """Fold the records of ``run``, which must have been kept (``record="full"``). Raises InputError."""
    if run.records is None:
        raise InputError("tables of places need the records of a run: give simulate(..., record='full')")
    now_ms = run.sums.now_ms
    return Study(
        run,
        m.passages(run.records, run.built.tables, run.arrivals, run.sums.counted, now_ms),
        m.greens(run.records, now_ms),
        m.lane_groups(run.built.tables),
        _periods(run.horizon, period_s),
    )


def _periods(horizon: Any, period_s: float) -> tuple[Period, ...]:
    begin = round(1000 * horizon.warm_up_s)
    end, step = begin + round(1000 * horizon.demand_s), round(1000 * period_s)
    starts = range(begin, end, step)
    parts = [Period(str(i + 1), t, min(t + step, end)) for i, t in enumerate(starts)]
    return (Period("all", begin, end), *(parts if len(parts) > 1 else ()))


def tables_of(run: Run, period_s: float = PERIOD_S) -> dict[str, Table]:
    """All tables of a run by name. Raises InputError where its records were not kept."""
    found = study(run, period_s)
    tables = {
        "movements": movement_table(found),
        "lane_groups": lane_group_table(found),
        "approaches": approach_table(found),
        "junctions": junction_table(found),
        "trips": trip_table(found),
    }
    return tables | ({"crossings": crossing_table(found)} if found.has_walks else {})


def movement_table(s: Study) -> Table:
    """One row per movement and period."""
    movement, link, node = s.network.movement, _ids(s.network.link), _ids(s.network.node)
    index = s.run.built.index
    names: Table = {
        "movement_id": np.array(movement.ids),
        "node_id": node[s.network.movement_node],
        "ib_link_id": link[index.movement_from],
        "ob_link_id": link[index.movement_to],
        "type": np.array(index.movement_turn),
        "control": _control(s.tables),
    }
    own = np.arange(len(movement))
    return _table(s, names, own, lambda period: _splits(s, own, period))


def lane_group_table(s: Study) -> Table:
    """One row per lane group and period."""
    n, of = len(s.groups.lanes), s.groups.of_movement
    samples = _queues(s, of, n)
    signalised, gives_way = _kind(s.tables, of, n)
    names: Table = {
        "link_id": _ids(s.network.link)[s.groups.link],
        "lanes": _members(s.groups.of_lane, n, s.run.built.index.lane_number.tolist()),
        "movement_ids": _members(of, n, s.network.movement.ids),
    }

    def more(period: Period) -> Table:
        v_over_c = m.degree_of_saturation(s.p, s.tables, s.groups, s.shown, period.from_ms, period.to_ms)
        los = m.level_of_service(m.control_delay_s(s.p, _due(s, of, n, period)), signalised, v_over_c)
        return {
            "v_over_c": v_over_c,
            **_splits(s, of, period),
            **samples[period.name],
            "los": np.where(signalised | gives_way, los, ""),
        }

    return _table(s, names, of, more)


def approach_table(s: Study) -> Table:
    """One row per link that leads to a junction, and period."""
    links, of = np.unique(s.tables.movement["from_link"], return_inverse=True)
    signalised, gives_way = _kind(s.tables, of, len(links))
    names: Table = {
        "link_id": _ids(s.network.link)[links],
        "node_id": _ids(s.network.node)[s.network.link_to[links]],
    }

    def more(period: Period) -> Table:
        los = m.level_of_service(m.control_delay_s(s.p, _due(s, of, len(links), period)), signalised)
        return {**_splits(s, of, period), "los": np.where(signalised | gives_way, los, "")}

    return _table(s, names, of, more)


def junction_table(s: Study) -> Table:
    """One row per node that movements cross, and period; the level of service where the HCM has one of a
    whole junction: at signals and all-way stops.
    """
    nodes, of = np.unique(s.network.movement_node, return_inverse=True)
    n, n_movements = len(nodes), len(of)
    signalised, _ = _kind(s.tables, of, n)
    takes_turns = s.tables.movement["rules"] & TAKES_TURNS > 0
    all_way = np.bincount(of[takes_turns], minlength=n) == np.bincount(of, minlength=n)
    names: Table = {"node_id": _ids(s.network.node)[nodes]}

    def more(period: Period) -> Table:
        los = m.level_of_service(m.control_delay_s(s.p, _due(s, of, n, period)), signalised)
        delay = m.control_delay_s(s.p, _due(s, np.arange(n_movements), n_movements, period))
        worst = np.full(n, -np.inf)
        np.fmax.at(worst, of, delay)
        drivers = m.person_delay_h(s.p, _due(s, of, n, period))
        return {
            "person_delay_h": drivers + _on_foot_h(s, nodes, period),
            "worst_movement_delay_s": np.where(np.isinf(worst), np.nan, worst),
            "los": np.where(signalised | all_way, los, ""),
        }

    return _table(s, names, of, more)


def _on_foot_h(s: Study, nodes: np.ndarray, period: Period) -> np.ndarray:
    """(n_nodes,) delay of the pedestrians at each node's crossings, person-hours."""
    hours = m.pedestrian_delay_h(s.run.sums, _walks(s, period)) if s.has_walks else np.zeros(len(s.crossings))
    at = np.searchsorted(nodes, s.crossings.node)
    is_there = np.isin(s.crossings.node, nodes)
    return np.bincount(at[is_there], hours[is_there], len(nodes))


def _walks(s: Study, period: Period) -> m.Rows:
    """Who came to a kerb in a period, by crossing."""
    return m.by_crossing(s.run.sums).within(s.run.sums.pedestrian_ms, period.from_ms, period.to_ms)


def crossing_table(s: Study) -> Table:
    """One row per crossing and period."""
    names: Table = {
        "crossing_id": np.array(s.crossings.table.ids),
        "node_id": _ids(s.network.node)[s.crossings.node],
        "group_id": np.array(s.crossings.table.texts("group_id")),
    }
    blocks = []
    for period in s.periods:
        rows, sums = _walks(s, period), s.run.sums
        delay = m.crossing_delay_s(sums, rows)
        blocks.append(
            _when(period, len(delay))
            | names
            | {
                "pedestrians": rows.number(),
                "delay_s": delay,
                "delay_p95_s": m.crossing_delay_percentile_s(sums, rows, 95),
                "delay_max_s": m.crossing_delay_percentile_s(sums, rows, 100),
                "person_delay_h": m.pedestrian_delay_h(sums, rows),
                "los": m.pedestrian_level_of_service(delay),
            }
        )
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def trip_table(s: Study) -> Table:
    """One row per origin and destination of the counted vehicles; times of those that arrived."""
    t = m.trips(s.run.sums, s.tables, s.run.arrivals)
    link = _ids(s.network.link)
    return {
        "origin_link_id": link[t.origin],
        "destination_link_id": link[t.destination],
        "begun_veh": t.begun,
        "arrived_veh": t.rows.number(),
        "freeflow_time_s": m.freeflow_time_s(t),
        "travel_time_s": m.travel_time_s(t),
        **{f"travel_time_p{q}_s": m.travel_time_percentile_s(t, q) for q in (50, 80, 95)},
        "planning_time_index": m.planning_time_index(t),
        "buffer_index": m.buffer_index(t),
    }


def _table(s: Study, names: Table, of_movement: np.ndarray, more: Callable[[Period], Table]) -> Table:
    """Rows of all periods: the period, ``names`` of the places, what holds of any place, and ``more``."""
    n = len(next(iter(names.values())))
    blocks = []
    for period in s.periods:
        blocks.append(_when(period, n) | names | _common(s, of_movement, n, period) | more(period))
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _when(period: Period, n: int) -> Table:
    return {
        "period": np.full(n, period.name),
        "start_s": np.full(n, period.from_ms / 1000),
        "end_s": np.full(n, period.to_ms / 1000),
    }


def _due(s: Study, of_movement: np.ndarray, n: int, period: Period) -> m.Rows:
    """The passages of a period by the rows of their movements."""
    return m.by_movement(s.p, of_movement, n).within(s.p.wished_ms, period.from_ms, period.to_ms)


def _common(s: Study, of_movement: np.ndarray, n: int, period: Period) -> Table:
    p, tables, due = s.p, s.tables, _due(s, of_movement, n, period)
    crossed = m.by_movement(p, of_movement, n).within(p.cross_ms, period.from_ms, period.to_ms)
    reached = m.by_movement(p, of_movement, n).within(p.line_ms, period.from_ms, period.to_ms)
    fuel = m.fuel_l(p, due, s.network.length_m, s.network.speed_mps)
    return {
        "demand_veh": m.demand_veh(p, due),
        "not_crossed_veh": m.not_crossed_veh(p, due),
        "throughput_vph": m.flow_vph(crossed, period.to_ms - period.from_ms),
        "delay_s": m.control_delay_s(p, due),
        "delay_p95_s": m.control_delay_p95_s(p, due),
        "entry_wait_s": m.entry_wait_s(p, due),
        "total_delay_veh_h": m.total_control_delay_h(p, due),
        "stops_per_veh": m.stops_per_passage(p, due),
        "arrivals_on_green": m.arrivals_on_green(p, reached, tables, s.shown),
        "platoon_ratio": m.platoon_ratio(p, reached, tables, s.shown, period.from_ms, period.to_ms),
        "person_delay_h": m.person_delay_h(p, due),
        "bus_delay_s": m.bus_delay_s(p, due),
        "fuel_l": fuel,
        "co2_kg": m.co2_kg(fuel),
    }


def _splits(s: Study, of_movement: np.ndarray, period: Period) -> Table:
    n = int(of_movement.max(initial=-1)) + 1
    times = (period.from_ms, period.to_ms)
    return {
        "greens": m.greens_shown(s.tables, s.shown, of_movement, n, *times),
        "split_failures": m.split_failures(s.p, s.tables, s.shown, of_movement, n, *times),
    }


def _queues(s: Study, of_movement: np.ndarray, n: int) -> dict[str, Table]:
    """Queue columns of lane groups by period; metres as the mean over the group's lanes."""
    begin, end = s.periods[0].from_ms, s.periods[0].to_ms
    times = np.arange(begin, end, 1000 * SAMPLE_S)
    rows = m.by_movement(s.p, of_movement, n)
    length_m = s.p.size / 2 / s.network.jam_pcupm[s.p.link]
    length_m = length_m / np.append(s.groups.lanes, 1)[rows.of]
    found: dict[str, dict[str, list[float]]] = {period.name: {} for period in s.periods}
    for unit, weight in (("veh", np.ones(len(length_m))), ("m", length_m)):
        for samples in m.queues(s.p, rows, times, weight):
            for period in s.periods:
                own = samples[np.searchsorted(times, period.from_ms) : np.searchsorted(times, period.to_ms)]
                for name, measure in _QUEUE_MEASURES.items():
                    found[period.name].setdefault(f"queue_{name}_{unit}", []).append(measure(own))
    return {
        period: {name: np.array(values) for name, values in columns.items()}
        for period, columns in found.items()
    }


_QUEUE_MEASURES = {"mean": m.mean_queue, "p95": m.p95_queue, "max": m.max_queue}


def _kind(tables: Tables, of_movement: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """(n,) bool twice: under a signal; without one, and some movement gives way or stops."""
    lit = tables.movement["group"] >= 0
    signalised = np.bincount(of_movement[lit], minlength=n) > 0
    minor = np.bincount(of_movement[m.gives_way(tables) & ~lit], minlength=n) > 0
    return signalised, minor & ~signalised


def _control(tables: Tables) -> np.ndarray:
    """How each movement is controlled, in a word."""
    rules, lit = tables.movement["rules"], tables.movement["group"] >= 0
    cases = [lit, rules & TAKES_TURNS > 0, rules & STOPS > 0, tables.step["yields"] == 1]
    return np.select(cases, ["signal", "all-way stop", "stop", "yield"], "none")


def _ids(table: Any) -> np.ndarray:
    """The ids of a table of the network, as an array."""
    return np.array(table.ids)


def _members(of: np.ndarray, n: int, names: Sequence[Any]) -> np.ndarray:
    """(n,) the names of those that belong to each, with blanks between; ``of``: to whom, or -1."""
    found: list[list[str]] = [[] for _ in range(n)]
    for owner, name in zip(of.tolist(), names, strict=True):
        if owner >= 0:
            found[owner].append(str(name))
    return np.array([" ".join(row) for row in found])
