"""The parts of the long form: every verification once more, larger, as rows of one table."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from signalsim.demand import sample
from signalsim.engine.compiled import CompiledEngine
from signalsim.engine.records import Kind
from signalsim.engine.tables import EXIT, Arrivals
from signalsim.scenario import build, load
from signalsim.simulation import simulate
from support.networks import drive, random_case
from support.roads import ENGINES, tables_of, times
from support.safety import crossings_on_red

from . import corridor, gaps, studies
from .cases import ROADS, departures
from .dispersion import moments, pace_law, robertson
from .lindley import Discharge, crossings, overflow_delay_s, time_in_system, uniform_delay_s
from .records import Street
from .roads import TRAVEL_MS, arrivals_at, bernoulli_times, engine_of, run_fixed_cycle, stop_lines
from .streams import chain_passages, merge_flows
from .table import Row, beside, estimate, exact
from .waves import merge, passages

CROSSING = Path(__file__).parents[3] / "scenarios" / "crossing"


CYCLE_MS, GREEN_MS, FIRST_MS = studies.CYCLE_MS, studies.GREEN_MS, studies.FIRST_GREEN_MS


def even_arrivals(x: float, cycles: int = 400) -> Iterable[Row]:
    """D/D/1 at a signal of fixed cycle: every crossing, and the fluid's mean delay beside."""
    rule = Discharge(2000, 0, 0)
    gap = round(CYCLE_MS / (x * rule.capacity(GREEN_MS)))
    line = FIRST_MS + GREEN_MS + rule.end_gain_ms + gap * np.arange(cycles * CYCLE_MS // gap)
    found, row = _each_crossing(f"D/D/1, x = {x:g}", line, rule, cycles)
    yield row
    cycle_s, open_s, flow = CYCLE_MS / 1000, (GREEN_MS + rule.end_gain_ms) / 1000, 1000 / gap
    if x < 1:
        fluid = uniform_delay_s(cycle_s, open_s, 0.5, flow)
    else:
        fluid = overflow_delay_s(cycle_s, open_s, 0.5, flow, cycles * cycle_s)
    mean_s = time_in_system(line.tolist(), found)
    yield beside(f"D/D/1, x = {x:g}: mean delay", fluid, "fluid, May (1990)", mean_s, "s")


def random_arrivals(x: float, cycles: int = 20_000) -> Iterable[Row]:
    """Every crossing of random arrivals at a signal."""
    p = x * studies.CAPACITY / CYCLE_MS
    line = TRAVEL_MS + bernoulli_times(p, cycles * CYCLE_MS, 7, f"each {x}", 0)
    yield _each_crossing(f"random arrivals, x = {x:g}", line, Discharge(), cycles)[1]


def _each_crossing(name: str, line: np.ndarray, rule: Discharge, cycles: int) -> tuple[list[int], Row]:
    """(crossings of the engine, how many of them theory does not have)."""
    greens = [(FIRST_MS + CYCLE_MS * k, FIRST_MS + CYCLE_MS * k + GREEN_MS) for k in range(2 * cycles)]
    theory = crossings(line.tolist(), greens, rule)
    tables = stop_lines([{"group": 1, **rule.movement()}])
    made = engine_of("numba", tables, arrivals_at([line]), 0, theory[-1], record=True)
    run_fixed_cycle(made, CYCLE_MS, GREEN_MS, FIRST_MS, theory[-1] + 1)
    found = times(made, Kind.CROSS, 0)
    wrong = max(len(theory), len(found)) - sum(a == b for a, b in zip(theory, found, strict=False))
    what = f"{name}: crossings of {len(theory)} that differ"
    return found, exact(what, 0, "Lindley (1952), red periods", wrong)


def gap_integration(flows_vph: list[float], headway_ms: int) -> Iterable[Row]:
    """Every crossing of an endless queue, from the gaps of the realised streams."""
    made, _, (_, end) = studies.cross_stream("numba", flows_vph, headway_ms, 1, 100, seed=5, record=True)
    made.advance(end)
    priority = [t for link in range(1, 1 + len(flows_vph)) for t in times(made, Kind.CROSS, link)]
    settled = end - 2 * studies.GAP_MS
    theory = gaps.through_gaps(priority, studies.GAP_MS, studies.FOLLOW_MS, TRAVEL_MS, settled)
    found = [t for t in times(made, Kind.CROSS, 0) if t < settled]
    wrong = len(set(theory) ^ set(found))
    streams = "+".join(f"{flow:g}" for flow in flows_vph)
    what = f"giving way to {streams} veh/h, headway {headway_ms} ms: crossings of {len(theory)} that differ"
    yield exact(what, 0, "gap integration", wrong)


def waves() -> Iterable[Row]:
    """Every passage of every link's end, and a merge's shares."""
    for name, links in ROADS.items():
        theory = passages(departures(name), links)
        found = chain_passages("numba", departures(name), links, int(theory.max()) + 1)
        what = f"{name}: passages of {theory.size} that differ"
        yield exact(what, 0, "Newell (1993)", int((theory != found).sum()))
    for flows in ((1800, 1800), (1800, 900), (1500, 1100)):
        for share in ((1, 1), (1, 0.2), (0.2, 1), (0.4, 0.6)):
            wanted = (share[0] * flows[0], share[1] * flows[1])
            theory = merge(*wanted, 1200, flows[0] / sum(flows))
            found = merge_flows("numba", wanted, flows, 1200, hours=5)
            demand = f"{wanted[0]:g} and {wanted[1]:g} of {flows[0]} and {flows[1]} veh/h into 1200"
            what = f"merge of {demand}: first stream in 5 h"
            yield exact(what, 5 * theory[0], "Daganzo (1995)", found[0], "veh", tolerance=2)


def dispersion(replications: int = 400) -> Iterable[Row]:
    """Moments of drivers' paces, and how a platoon spreads beside Robertson's recurrence."""
    demand = build(load(CROSSING)).demand
    values, law = pace_law(0.1, 0.8, 1.2)
    mean, variance = moments(values, law)
    paces = [sample(demand, 3, replication).pace for replication in range(replications)]
    source = "normal law, cut"
    yield estimate("mean pace of drivers", mean, source, [pace.mean() for pace in paces], "1/1000")
    spread = [((pace - mean) ** 2).mean() for pace in paces]
    yield estimate("variance of pace", variance, source, spread)
    for length_m in (300, 600, 1200):
        t, share = length_m / 15, _kept(length_m / 15, np.concatenate(paces))
        flow = np.zeros(600)
        flow[:30] = 1 / 30
        formula = _best_window(robertson(flow, t))
        what = f"platoon of 30 s after {length_m} m: share that arrives within 30 s"
        yield beside(what, formula, "Robertson (1969)", share)


def _kept(travel_s: float, paces: np.ndarray, platoons: int = 400) -> float:
    """Share of 15 vehicles at 2 s headway that arrives within the best 30 s, on average over platoons."""
    link = {"travel_ms": round(1000 * travel_s), "slots": 400, "headway_ms": 1, "wave_ms": 1}
    n = 15 * platoons
    order = np.lexsort((np.repeat(np.arange(platoons), 15), np.tile(2000 * np.arange(15), platoons)))
    arrivals = Arrivals(
        depart_ms=np.tile(2000 * np.arange(15), platoons)[order].astype(np.int64),
        route=np.repeat(np.arange(platoons), 15)[order].astype(np.int32),
        pace=paces[:n].astype(np.int32),
        size=np.full(n, 2, np.int32),
        route_link=np.arange(platoons, dtype=np.int32),
        route_start=np.arange(platoons + 1, dtype=np.int32),
        route_movement=np.full(platoons, EXIT, np.int32),
        route_dwell_ms=np.zeros(platoons, np.int32),
        siren=np.zeros(n, bool),
    )
    tables = tables_of([link] * platoons, [], origins=range(platoons))
    made = CompiledEngine(tables, arrivals, count_from_ms=0, count_to_ms=1 << 40)
    made.advance(600_000)
    arrived_s = made.sums().arrive_ms // 1000
    return _best_window(np.bincount(arrived_s, minlength=600) / n)


def _best_window(flow: np.ndarray) -> float:
    """Most of a flow per second that falls within 30 s."""
    total = np.concatenate(([0.0], np.cumsum(flow)))
    return float((total[30:] - total[:-30]).max())


def green_wave() -> Iterable[Row]:
    """Vehicles held up beyond the first junction of a corridor, with the offset and against it."""
    offset_s = corridor.LINK_S + corridor.CROSS_S
    with tempfile.TemporaryDirectory() as folder:
        for sign, source in ((1, "offset L/v"), (-1, "offset -L/v")):
            path = corridor.write(Path(folder) / str(sign), sign * offset_s, corridor.platoon(0.0))
            records = simulate(path, "deployed", record="full").records
            assert records is not None
            crossed = records[records["kind"] == Kind.CROSS]
            crossed = crossed[np.argsort(crossed["t_ms"], kind="stable")]
            first = crossed["place"][0]
            held = len(set(crossed["entity"][(crossed["place"] != first) & (crossed["value"] > 0)].tolist()))
            theory = 0 if sign > 0 else 75
            yield exact("green wave: vehicles of 75 held up after the first light", theory, source, held)


def properties(networks: int = 1500) -> Iterable[Row]:
    """Random networks under hostile requests: what is impossible in their records."""
    for engine, n in (("numba", networks), ("simpy", networks // 5)):
        found = records = 0
        for case in range(n):
            tables, arrivals, end_ms = random_case(300_000 + case)
            made = ENGINES[engine](tables, arrivals, count_from_ms=0, count_to_ms=end_ms, record=True)
            drive(made, tables, case, end_ms)
            street = Street(tables, arrivals)
            found += len(street.replay(made.records()))
            found += len(crossings_on_red(tables, made.records(), street.made.__getitem__))
            records += len(made.records())
            totals = made.totals()
            found += (totals.arrived, totals.inside) != street.totals()
            found += totals.departed != totals.arrived + totals.inside + totals.waiting
        what = f"{n} random networks, {engine}: impossible among {records} records"
        yield exact(what, 0, "conservation, FIFO, red, storage, waves", found)
