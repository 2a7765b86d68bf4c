"""The log of a run, as PyPI's atspm understands it, against what the run's records say.

Signals of the crossing change at whole ticks of the log (0.1 s), so greens, splits and which interval an
actuation falls into are equal exactly; only where time is shifted by what is no whole tick may they differ,
by the vehicles within one tick of a change.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from signalsim.counts import load_counts
from signalsim.counts.spec import COUNTS
from signalsim.engine.records import Kind
from signalsim.errors import InputError
from signalsim.experiment.controller_log import write_run_log
from signalsim.formats.hires import Phase, Site, count_rows, greens, read_log, read_site
from signalsim.simulation import Run, Watch, simulate

START = datetime(2024, 5, 14, 7, 55)
SPLIT_S = {"E": 38, "W": 38, "EL": 15, "WL": 15, "N": 27, "S": 27}  # the plan's green + 3.5 s + 1.5 s
PHASE = {"E": 1, "EL": 2, "N": 3, "S": 4, "W": 5, "WL": 6}
TICKS = 54_500  # of the log, after which nobody is under way any more
BEFORE_TICKS, AFTER_TICKS = 9, 4  # of a vehicle in the presence zone
BIN_TICKS, BIN_0 = 9000, 6000  # a quarter of an hour; the run begins so many ticks into one
SHARE = 0.8

Table = dict[tuple[int, int], Any]  # (bin, phase)


@pytest.fixture(scope="module")
def seen() -> list[np.ndarray]:
    """Vehicles past the advance lines by the end of each tick; filled by the run."""
    return []


@pytest.fixture(scope="module")
def run(scenarios: Path, seen: list[np.ndarray]) -> Run:
    times = [100 * tick + 99 for tick in range(TICKS)]
    watch = Watch(times, lambda sight: seen.append(sight.lane_advance.copy()))
    return simulate(scenarios / "crossing", seed=1, record="full", watch=watch)


@pytest.fixture(scope="module")
def folder(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log") / "new"
    assert write_run_log(run, folder) > 10_000
    return folder


class Atspm:
    """What the package makes of a log."""

    def __init__(self, log: Path, *, latency_s: float = 0.0) -> None:
        from atspm import SignalDataProcessor

        self._processor = SignalDataProcessor(
            raw_data=str(log),
            detector_config=str(log.parent / "detectors.csv"),
            bin_size=15,
            verbose=0,
            aggregations=[
                {"name": "has_data", "params": {"no_data_min": 5, "min_data_points": 3}},
                {"name": "actuations", "params": {}},
                {"name": "arrival_on_green", "params": {"latency_offset_seconds": latency_s}},
                {"name": "split_failures", "params": {
                    "red_time": 5, "red_occupancy_threshold": SHARE, "green_occupancy_threshold": SHARE,
                    "by_approach": True,
                }},
                {"name": "timeline", "params": {"min_duration": 0.1, "cushion_time": 1}},
            ],
        )  # fmt: skip
        self._processor.load()
        self._processor.aggregate()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._processor.conn.query(query).fetchall()

    def timeline(self, event: str) -> list[tuple[int, int, int]]:
        """(phase, first tick, last tick) by phase and time."""
        found = self.rows(
            f"SELECT EventValue, StartTime, EndTime FROM timeline WHERE EventClass = '{event}' ORDER BY ALL"
        )
        return [(phase, tick_of(start), tick_of(end)) for phase, start, end in found]

    def arrivals(self) -> dict[tuple[int, int], tuple[int, int]]:
        """All and those on green, by bin and phase, where any came on green."""
        found = self.rows("SELECT TimeStamp, Phase, Total_Actuations, Percent_AOG FROM arrival_on_green")
        return {(bin_of(time), phase): (n, round(n * share)) for time, phase, n, share in found}

    def failures(self) -> Counter[tuple[int, int]]:
        """Split failures by bin and phase."""
        found = self.rows("SELECT TimeStamp, Phase, sum(Split_Failure) FROM split_failures GROUP BY ALL")
        return Counter({(bin_of(time), phase): int(n) for time, phase, n in found if n})


def tick_of(time: datetime) -> int:
    return (time - START) // timedelta(milliseconds=100)


def bin_of(time: datetime) -> int:
    return (tick_of(time) + BIN_0) // BIN_TICKS


@pytest.fixture(scope="module")
def atspm(folder: Path) -> Atspm:
    return Atspm(folder / "log.csv")


def intervals(run: Run) -> dict[int, list[tuple[int, int, int]]]:
    """By phase: ticks at which green, yellow and red begin, of the cycles that have all three."""
    names = run.built.index.groups
    found: dict[int, list[tuple[int, int, int]]] = {PHASE[name]: [] for name in names}
    green, yellow = {}, {}
    for row in run.records[run.records["kind"] == Kind.ASPECT]:
        assert row["t_ms"] % 100 == 0
        phase, tick = PHASE[names[row["entity"]]], int(row["t_ms"]) // 100
        if row["value"] == 2:
            green[phase] = tick
        elif row["value"] == 1:
            yellow[phase] = tick
        else:
            found[phase].append((green[phase], yellow[phase], tick))
    return found


def test_greens_and_yellows_are_those_of_the_records(run: Run, atspm: Atspm) -> None:
    cycles = intervals(run)
    assert atspm.timeline("Green") == [(p, g, y) for p in cycles for g, y, _ in cycles[p]]
    assert atspm.timeline("Yellow") == [(p, y, r) for p in cycles for _, y, r in cycles[p]]
    assert sum(map(len, cycles.values())) == 300


def test_splits_are_those_of_the_plan(atspm: Atspm) -> None:
    seconds = {number: 10 * SPLIT_S[group] for group, number in PHASE.items()}
    splits = atspm.timeline("Split")
    assert len(splits) == 300
    assert all(end - start == seconds[phase] for phase, start, end in splits)


def lanes(run: Run) -> dict[int, list[int]]:
    """Lanes at the stop line by phase."""
    index = run.built.index
    found: dict[int, set[int]] = {}
    for movement, group in enumerate(index.movement_group):
        found.setdefault(PHASE[index.groups[group]], set()).update(index.lanes_of_movement(movement).tolist())
    return {phase: sorted(found[phase]) for phase in sorted(found)}


def is_green(cycles: list[tuple[int, int, int]], tick: float) -> bool:
    return any(g <= tick < y for g, y, _ in cycles)


def test_arrivals_on_green_are_those_that_the_cameras_saw(
    run: Run, seen: list[np.ndarray], atspm: Atspm
) -> None:
    """At the advance line. Vehicles that the model lets pass at one instant are logged one after another."""
    cycles, found = intervals(run), atspm.arrivals()
    passed = np.diff(np.array(seen), axis=0, prepend=0)
    all_, on_green = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for phase, own in lanes(run).items():
        for lane in own:
            free = 0
            for tick in np.flatnonzero(passed[:, lane]):
                for _ in range(passed[tick, lane]):
                    free = max(free, int(tick))
                    key = ((free + BIN_0) // BIN_TICKS, phase)
                    all_[key] += 1
                    on_green[key] += is_green(cycles[phase], free)
                    free += 2
    assert {key: (all_[key], n) for key, n in on_green.items() if n} == found
    assert sum(all_.values()) > 2400


def test_arrivals_on_green_at_the_stop_line_are_those_of_the_records(scenarios: Path, tmp_path: Path) -> None:
    """Shifted by the time between the two lines, where queues do not reach back to the advance line.

    A log's tick is up to 0.1 s early, and of vehicles at one instant all but the first are late: vehicles so
    near to a change of the lamp may be told differently.
    """
    light = shutil.copytree(scenarios / "crossing", tmp_path / "light")
    counts = (light / "counts.csv").read_text(encoding="utf-8").splitlines()
    at = counts[0].split(",").index("count")
    rows = [line.split(",") for line in counts[1:]]
    thin = [",".join([*row[:at], str(int(row[at]) // 3), *row[at + 1 :]]) for row in rows]
    (light / "counts.csv").write_text("\n".join([counts[0], *thin]) + "\n", encoding="utf-8")
    run = simulate(light, seed=1, record="full")
    write_run_log(run, tmp_path / "log")
    cycles, lane = intervals(run), lanes(run)
    compared = 0
    for view_s, groups in ((5.76, "N S"), (4.32, "E EL W WL")):  # 80 m, 60 m (the bays' length) at 50 km/h
        shifted = Atspm(tmp_path / "log" / "log.csv", latency_s=-view_s).arrivals()
        for phase in (PHASE[group] for group in groups.split()):
            entered = run.records["kind"] == Kind.ENTER
            entered &= np.isin(run.records["place"], lane[phase])
            due = [t / 100 for t in run.records["value"][entered].tolist()]
            near = sum(len({is_green(cycles[phase], t + late) for late in (-1, 0, 6)}) > 1 for t in due)
            expected = sum(is_green(cycles[phase], t) for t in due)
            found = sum(n for (_, p), (_, n) in shifted.items() if p == phase)
            assert abs(found - expected) <= near < 0.1 * len(due), (phase, found, expected, near)
            compared += len(due)
    assert compared > 500


def present(run: Run) -> np.ndarray:
    """(n_lanes, n_ticks) bool: whether somebody is over the zone at the stop line."""
    here = np.zeros((len(run.built.index.lanes), TICKS + 1000), bool)
    due: dict[tuple[int, int], int] = {}
    for row in run.records:
        at = (int(row["entity"]), int(row["place"]))
        if row["kind"] == Kind.ENTER:
            due[at] = max(int(row["value"]) - 100 * BEFORE_TICKS, int(row["t_ms"]))
        elif row["kind"] == Kind.CROSS:
            on, off = due.pop(at) // 100, int(row["t_ms"]) // 100 + AFTER_TICKS
            here[at[1], on : max(off, on + 1)] = True
    return here


def test_split_failures_are_those_of_the_records(run: Run, atspm: Atspm) -> None:
    """Some lane of the phase is occupied for 80 % of green, and for 80 % of the first 5 s of red."""
    here, cycles = present(run), intervals(run)
    expected: Counter[tuple[int, int]] = Counter()
    for phase, own in lanes(run).items():
        zone = here[own].any(axis=0)
        for green, yellow, red in cycles[phase]:
            failed = zone[green:yellow].mean() >= SHARE and zone[red : red + 50].mean() >= SHARE
            expected[(red + 50 + BIN_0) // BIN_TICKS, phase] += int(failed)
    assert atspm.failures() == +expected
    assert expected.total() > 20


def test_actuations_at_the_stop_line_are_the_crossings(run: Run, folder: Path, atspm: Atspm) -> None:
    channel = {d.lane: d.channel for d in read_site(folder).detectors if d.function == "Count"}
    index = run.built.index
    expected = Counter(
        ((int(row["t_ms"]) // 100 + BIN_0) // BIN_TICKS, channel[index.lanes[row["place"]]])
        for row in run.records[run.records["kind"] == Kind.CROSS]
        if index.lanes[row["place"]] in channel
    )
    found = atspm.rows("SELECT TimeStamp, Detector, Total FROM actuations")
    numbers = set(channel.values())
    assert {(bin_of(t), d): n for t, d, n in found if d in numbers} == dict(expected)


def test_parquet_says_the_same(run: Run, atspm: Atspm, tmp_path: Path) -> None:
    write_run_log(run, tmp_path / "log", "parquet")
    other = Atspm(tmp_path / "log" / "log.parquet")
    assert other.arrivals() == atspm.arrivals()
    assert other.failures() == atspm.failures()
    assert other.timeline("Green") == atspm.timeline("Green")


def test_the_log_comes_back_as_greens_and_as_a_count_table(run: Run, folder: Path, tmp_path: Path) -> None:
    log, site = read_log(folder / "log.csv"), read_site(folder)
    back, cycles = greens(log, site), intervals(run)
    begin_ms = round((START - datetime(1970, 1, 1)).total_seconds() * 1000)
    found = [
        (PHASE[group], (start - begin_ms) // 100, (end - begin_ms) // 100)
        for group, start, end in zip(back.group, back.start_ms.tolist(), back.end_ms.tolist(), strict=True)
    ]
    assert found == [(p, g, y) for p in cycles for g, y, _ in cycles[p]]
    path = tmp_path / "counts.csv"
    path.write_text(text_of(count_rows(log, site, 300_000, ZoneInfo("Europe/Berlin"))), encoding="utf-8")
    counts = load_counts(path, run.built.scenario.network)
    assert counts.start_ms.min() == run.built.scenario.config.start_ms
    assert counts.count.sum() == run.totals.arrived


def text_of(rows: Iterator[dict[str, Any]]) -> str:
    columns = [column.name for column in COUNTS.columns]
    lines = [",".join(str(row[name]) for name in columns) for row in rows]
    return "\n".join([",".join(columns), *lines]) + "\n"


def test_many_junctions_under_adaptive_control_within_a_tick(scenarios: Path, tmp_path: Path) -> None:
    """Greens begin and end at any millisecond; the log and the package have the tick that it lies in."""
    run = simulate(scenarios / "hangzhou", "max-pressure", seed=1, record="full")
    write_run_log(run, tmp_path / "log")
    site, index = read_site(tmp_path / "log"), run.built.index
    number = {phase.group: (phase.device, phase.phase) for phase in site.phases}
    expected, began = [], {}
    for row in run.records[run.records["kind"] == Kind.ASPECT]:
        group, tick = index.groups[row["entity"]], int(row["t_ms"]) // 100
        if row["value"] == 2:
            began[group] = tick
        elif row["value"] == 1:
            expected.append((*number[group], began[group], tick))
    begin = run.built.scenario.config.start_local.replace(tzinfo=None)
    found = Atspm(tmp_path / "log" / "log.csv").rows(
        "SELECT DeviceId, EventValue, StartTime, EndTime FROM timeline WHERE EventClass = 'Green'"
    )
    tick = timedelta(milliseconds=100)
    assert sorted((d, p, (s - begin) // tick, (e - begin) // tick) for d, p, s, e in found) == sorted(
        expected
    )
    assert len(expected) > 3000 and len({device for device, *_ in expected}) == 16


def test_a_controllers_own_log_is_read_as_atspm_reads_it(tmp_path: Path) -> None:
    """The sample of the package: two hours of a device in the street; ends without a beginning are in it."""
    import atspm

    data = Path(atspm.__file__).parent / "data"
    log = read_log(data / "sample_raw_data.parquet")
    assert log.devices == ("1136",) and len(log) > 30_000
    site = Site(tuple(Phase("1136", phase, f"P{phase}") for phase in range(1, 17)), ())
    back = greens(log, site)
    shutil.copy(data / "sample_raw_data.parquet", tmp_path / "log.parquet")
    with (tmp_path / "detectors.csv").open("w", encoding="utf-8") as file:
        file.write("DeviceId,Phase,Parameter,Function\n1136,2,2,Advance\n1136,2,4,Presence\n")
    found = Atspm(tmp_path / "log.parquet").rows(
        "SELECT EventValue, StartTime, EndTime FROM timeline WHERE EventClass = 'Green' AND IsValid"
    )
    ms = timedelta(milliseconds=1)
    whole = [(f"P{p}", *((t - datetime(1970, 1, 1)) // ms for t in times)) for p, *times in found]
    assert sorted(whole) == sorted(zip(back.group, back.start_ms.tolist(), back.end_ms.tolist(), strict=True))
    assert len(whole) > 300


def test_only_full_records_make_a_log(scenarios: Path, tmp_path: Path) -> None:
    sums = simulate(scenarios / "crossing", seed=1)
    with pytest.raises(ValueError, match="record='full'"):
        write_run_log(sums, tmp_path / "log")
    with pytest.raises(InputError, match="--log-format xml: there are csv and parquet"):
        write_run_log(simulate(scenarios / "crossing", seed=1, record="full"), tmp_path / "log", "xml")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("controller", ["actuated", "actuated:coordination=all"])
def test_an_actuated_controller_says_why_each_green_ended(
    scenarios: Path, tmp_path: Path, controller: str
) -> None:
    run = simulate(scenarios / "crossing", controller, seed=2, record="full")
    write_run_log(run, tmp_path / "log")
    log = read_log(tmp_path / "log" / "log.csv")
    moments = list(zip(log.time_ms.tolist(), log.parameter.tolist(), strict=True))
    why = np.isin(log.code, (4, 5, 6))
    ends = [moments[row] for row in np.flatnonzero(log.code == 7)]
    assert Counter(ends) == Counter(moments[row] for row in np.flatnonzero(why))
    assert set(log.code[why].tolist()) == ({4, 5} if controller == "actuated" else {4, 6})
    for phase in PHASE.values():  # a call is registered, dropped, registered, ...
        calls = log.code[np.isin(log.code, (43, 44)) & (log.parameter == phase)]
        assert len(calls) > 20 and (calls[::2] == 43).all() and (calls[1::2] == 44).all()
