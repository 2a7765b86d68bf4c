"""High-resolution logs: random networks written and read back, a lamp by hand, files that are broken."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.networks import drive, random_case

from signalsim.engine.compiled import CompiledEngine
from signalsim.engine.interlock import GREEN, YELLOW
from signalsim.engine.records import RECORD, Kind
from signalsim.engine.tables import GROUP, JUNCTION, Signals, Tables
from signalsim.errors import InputError
from signalsim.formats.hires import (
    Names,
    Site,
    count_rows,
    greens,
    log_events,
    read_log,
    read_site,
    site_of,
    write_log,
)
from signalsim.formats.hires.detectors import advance_ms, visits_of
from signalsim.formats.hires.phases import phase_events
from signalsim.formats.hires.site import phase_numbers

START = datetime(2024, 4, 15, 23, 59, 50)
MIDNIGHT_MS = round(
    (START.replace(hour=0, minute=0, second=0) - datetime(1970, 1, 1)) / timedelta(milliseconds=1)
)
START_MS = MIDNIGHT_MS + 86_390_000


def names(tables: Tables) -> Names:
    """Ids that a careless writer of CSV would break."""
    n_links = int(tables.segment["link"].max()) + 1
    return Names(
        junctions=tuple(f'J "{j}", é' for j in range(len(tables.signals.junction))),
        groups=tuple(f"g,{g}" for g in range(len(tables.signals.group))),
        links=tuple(f"l'{k}" for k in range(n_links)),
        lanes=tuple(f"l:{k}" for k in range(len(tables.lane_slots))),
        lane_view_m=np.full(len(tables.lane_slots), 60.5),
    )


class Case:
    """A random network that ran to its end, and its log."""

    def __init__(self, seed: int) -> None:
        self.tables, self.arrivals, self.end_ms = random_case(seed)
        self.engine = CompiledEngine(
            self.tables, self.arrivals, count_from_ms=0, count_to_ms=self.end_ms, record=True
        )
        drive(self.engine, self.tables, seed, self.end_ms)
        self.records = self.engine.records()
        self.names = names(self.tables)
        self.site, self.numbers = site_of(self.tables, self.names)
        self.events = log_events(self.tables, self.numbers, self.records, self.arrivals.size, self.end_ms)

    def rows(self) -> list[tuple[int, str, int, int]]:
        """Events as they should come back."""
        return [
            (START_MS + 100 * tick, self.names.junctions[junction], code, parameter)
            for tick, junction, code, parameter in self.events.tolist()
        ]


def of_file(path: Path) -> list[tuple[int, str, int, int]]:
    log = read_log(path)
    columns = (log.time_ms, log.device, log.code, log.parameter)
    return [
        (t, log.devices[d], code, number)
        for t, d, code, number in zip(*(column.tolist() for column in columns), strict=True)
    ]


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("seed", range(12))
def test_a_log_comes_back_event_by_event(seed: int, form: str, tmp_path: Path) -> None:
    case = Case(seed)
    if not len(case.events):
        assert not len(case.names.junctions)
        return
    write_log(tmp_path / "log", case.events, case.site, case.names.junctions, START, form)
    assert of_file(tmp_path / "log" / f"log.{form}") == case.rows()
    assert read_site(tmp_path / "log") == case.site
    first = (tmp_path / "log" / f"log.{form}").read_bytes()
    write_log(tmp_path / "log", case.events, case.site, case.names.junctions, START, form)  # replaces it
    assert (tmp_path / "log" / f"log.{form}").read_bytes() == first


def greens_of(case: Case) -> list[tuple[str, int, int]]:
    """(group, start, end) of the records' greens that ended, by the tick, in the log's time."""
    began: dict[int, int] = {}
    found = []
    for row in case.records[case.records["kind"] == Kind.ASPECT]:
        if case.tables.signals.group.walk[row["entity"]]:
            continue  # the log has vehicles alone
        t, group = int(row["t_ms"]), int(row["entity"])
        if row["value"] == GREEN:
            began[group] = t
        elif row["value"] == YELLOW:
            ticks = (began.pop(group) // 100, t // 100)
            found.append((case.names.groups[group], *(START_MS + 100 * tick for tick in ticks)))
    return sorted(found)


@pytest.mark.parametrize("seed", range(40))
def test_greens_and_counts_of_a_log_are_those_of_the_records(seed: int, tmp_path: Path) -> None:
    case = Case(seed)
    if not len(case.events):
        return
    write_log(tmp_path / "log", case.events, case.site, case.names.junctions, START)
    log = read_log(tmp_path / "log" / "log.csv")
    back = greens(log, read_site(tmp_path / "log"))
    assert sorted(zip(back.group, back.start_ms.tolist(), back.end_ms.tolist(), strict=True)) == greens_of(
        case
    )
    counted: dict[str, int] = {}
    for row in count_rows(log, case.site, 60_000, ZoneInfo("Europe/Berlin")):
        counted[row["link_id"]] = counted.get(row["link_id"], 0) + row["count"]
    assert counted == crossings(case)


def crossings(case: Case) -> dict[str, int]:
    """Vehicles over the stop line of each link that has detectors."""
    lane_of = {d.lane: d.link for d in case.site.detectors}
    found = dict.fromkeys(lane_of.values(), 0)
    inside = set()
    for row in case.records:
        kind, vehicle, place = int(row["kind"]), int(row["entity"]), int(row["place"])
        link = lane_of.get(f"l:{place}")
        if link is None or kind not in (Kind.INSIDE, Kind.CROSS):
            continue
        if kind == Kind.INSIDE:
            inside.add((vehicle, place))
            found[link] += 1
        elif (vehicle, place) in inside:
            inside.discard((vehicle, place))
        else:
            found[link] += 1
    return found


@pytest.mark.parametrize("seed", range(40))
def test_every_detector_goes_on_and_off_in_turn(seed: int) -> None:
    case = Case(seed)
    switched = case.events[case.events["code"] >= 81]
    for channel in {(int(e["junction"]), int(e["parameter"])) for e in switched}:
        own = switched[(switched["junction"] == channel[0]) & (switched["parameter"] == channel[1])]
        assert (np.diff(own["tick"]) > 0).all()
        assert (own["code"][::2] == 82).all() and (own["code"][1::2] == 81).all()


def test_advance_detectors_count_what_the_cameras_are_shown() -> None:
    """At many moments of many runs, but where an emergency vehicle has passed a queue."""
    compared = 0
    for seed in range(40):
        tables, arrivals, end_ms = random_case(seed)
        engine = CompiledEngine(tables, arrivals, count_from_ms=0, count_to_ms=end_ms, record=True)
        seen: list[tuple[int, np.ndarray]] = []
        now = 0
        while now < end_ms:
            engine.request(*_next_stage(tables, now))
            now = min(now + 7_777, end_ms)
            engine.advance(now)
            seen.append((now, engine.observe().lane_advance.copy()))
        records = engine.records()
        visits = visits_of(records, len(tables.lane_slots))
        passed_ms = advance_ms(tables, visits, arrivals.size)
        irregular = set(records["place"][records["kind"] == Kind.PASS].tolist())
        for lane in np.flatnonzero(tables.lane_view_ms):
            if int(lane) in irregular:
                continue
            own = passed_ms[visits.lane == lane]
            busy = set(records["t_ms"][records["place"] == lane].tolist())
            for t, count in seen:
                if t not in busy:
                    assert (own <= t).sum() == count[lane], (seed, int(lane), t)
                    compared += int(count[lane] > 0)
    assert compared > 1000


def _next_stage(tables: Tables, now: int) -> tuple[np.ndarray, np.ndarray]:
    n = len(tables.signals.junction)
    stage = (now // 7_777) % np.maximum(tables.signals.junction["n_stages"], 1)
    return stage.astype(np.int32), np.full(n, now, np.int64)


def one_group(clear_ms: int) -> Signals:
    group, junction = np.zeros(1, GROUP), np.zeros(1, JUNCTION)
    group["yellow_ms"], group["clear_ms"] = 3000, clear_ms
    junction["n_groups"] = 1
    return Signals(junction, group, np.zeros(1, np.uint64), np.zeros(1, np.uint64), np.zeros(1, np.int32))


def lamps(*changes: tuple[int, int]) -> np.ndarray:
    """Records of group 0's lamp: (ms, aspect)."""
    rows = np.zeros(len(changes), RECORD)
    rows["kind"] = Kind.ASPECT
    rows["t_ms"], rows["value"] = np.array(changes).T
    return rows


def told(clear_ms: int, *changes: tuple[int, int], end_ms: int = 100_000) -> list[tuple[int, int]]:
    """(tick, code) of the events of phase 7."""
    found = phase_events(one_group(clear_ms), np.array([7]), lamps(*changes), end_ms)
    assert (found["parameter"] == 7).all()
    return [(int(e["tick"]), int(e["code"])) for e in found]


def test_a_phase_goes_through_its_intervals() -> None:
    assert told(5000, (0, 2), (10_000, 1), (13_000, 0), (30_050, 2)) == [
        (0, 0), (0, 1), (100, 7), (100, 8), (130, 9), (130, 10), (150, 11), (150, 12), (300, 0), (300, 1),
    ]  # fmt: skip


def test_a_red_clearance_of_no_length_lasts_a_tick_and_the_split_ends_in_time() -> None:
    assert told(3000, (0, 2), (10_000, 1), (13_000, 0), (30_000, 2))[4:8] == [
        (130, 9), (130, 10), (130, 12), (131, 11),
    ]  # fmt: skip


def test_a_green_that_follows_at_once_has_no_red() -> None:
    assert told(5000, (0, 2), (10_000, 1), (13_000, 0), (13_000, 2)) == [
        (0, 0), (0, 1), (100, 7), (100, 8), (130, 9), (130, 12), (130, 0), (130, 1),
    ]  # fmt: skip


def test_what_the_run_did_not_reach_is_not_in_the_log() -> None:
    assert told(5000, (0, 2), (10_000, 1), (13_000, 0), end_ms=14_000)[-2:] == [(130, 9), (130, 10)]


@pytest.mark.parametrize(
    ("groups", "phases"),
    [
        (["2", "6"], [2, 6]),
        (["P2", "P16"], [2, 16]),
        (["J.1", "J.10", "J.2"], [1, 10, 2]),
        (["J:P1", "J:P1+P5"], [1, 2]),
        (["01", "1"], [1, 2]),
        (["0", "1"], [1, 2]),
        (["255", "256"], [1, 2]),
        (["E", "W"], [1, 2]),
    ],
)
def test_phases_have_their_groups_numbers_where_each_has_one(groups: list[str], phases: list[int]) -> None:
    some = Names(("J",), tuple(groups), (), (), np.zeros(0))
    assert phase_numbers(some, np.zeros(len(groups), int)).tolist() == phases


GOOD = (
    "TimeStamp,DeviceId,EventId,Parameter\n2024-04-15 12:00:00.0,1136,1,5\n2024-04-15 12:00:09.5,1136,7,5\n"
)
PHASES = "DeviceId,Phase,Group\n1136,5,left\n"
DETECTORS = "DeviceId,Phase,Parameter,Function,Group,Link,Lane,Distance_m\n1136,5,1,Count,left,in,in:1,0\n"


def folder(path: Path, log: str = GOOD, phases: str = PHASES, detectors: str = DETECTORS) -> Path:
    for name, text in (("log.csv", log), ("phases.csv", phases), ("detectors.csv", detectors)):
        (path / name).write_text(text, encoding="utf-8")
    return path


def read_all(path: Path) -> tuple[Site, list[int]]:
    log, site = read_log(path / "log.csv"), read_site(path)
    list(count_rows(log, site, 900_000, ZoneInfo("UTC")))
    found = greens(log, site)
    return site, (found.end_ms - found.start_ms).tolist()


def test_a_log_of_another_logger_is_read(tmp_path: Path) -> None:
    """Other names of the columns, rows out of order, an end without a beginning, columns beside them."""
    text = (
        "Signal ID,Timestamp,Event Code,Event Param,note\n1136,2024-04-15T12:00:09.500,7,5,x\n"
        "1136,2024-04-15 12:00:00,1,5,\n1136,2024-04-15 11:00:00,7,5,\n1136,2024-04-15 12:30:00,501,2,\n"
    )
    assert read_all(folder(tmp_path, text))[1] == [9500]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("log", GOOD, "", "log.csv, row 1: has no column 'TimeStamp'; give TimeStamp, DeviceId, EventId"),
        ("log", GOOD, GOOD.splitlines()[0], "log.csv: has no events; give a log with at least one"),
        (
            "log",
            "1,5",
            "1,x",
            "row 2, column 'Parameter': 'x' is no whole number from 0 to 32,767; correct it",
        ),
        ("log", "7,5", "-7,5", "row 3, column 'EventId': '-7' is no whole number"),
        ("log", ",1,5", ",1", "row 2: has 3 values and the header 4; give as many"),
        ("log", "1136,1", ",1", "row 2, column 'DeviceId': '' is empty; give the junction's id"),
        ("log", "12:00:09.5", "25:00:09.5", "row 3, column 'TimeStamp': '2024-04-15 25:00:09.5' is no local"),
        ("log", "09.5", "09.5+02:00", "is no local time; give it as 2024-04-15 12:00:00.0"),
        (
            "log",
            "7,5",
            "7,6",
            "row 3, column 'Parameter': '6' is not in phases.csv for device '1136'; add it",
        ),
        ("log", "7,5", "82,6", "'6' is not in detectors.csv for device '1136'; add it there"),
        (
            "log",
            "2024-04-15 12:00:09",
            "9024-04-15 12:00:09",
            "row 3, column 'TimeStamp': the log would make",
        ),
        ("phases", "5", "0", "phases.csv, row 2, column 'Phase': '0' is no whole number from 1 to 255"),
        (
            "phases",
            "left\n",
            "left\n1136,5,x\n",
            "row 3, column 'Phase': '5' is there twice for '1136'; give",
        ),
        (
            "phases",
            "DeviceId,",
            "",
            "phases.csv, row 1: has no column 'DeviceId'; give DeviceId, Phase, Group",
        ),
        ("detectors", "Count", "count", "row 2, column 'Function': 'count' is unknown; there are Presence, "),
        ("detectors", "1,0\n", "1,nan\n", "row 2, column 'Distance_m': 'nan' is no distance; give metres"),
    ],
)
def test_what_is_wrong_is_named(file: str, old: str, new: str, message: str, tmp_path: Path) -> None:
    assert read_all(folder(tmp_path))[1] == [9500]
    text = {"log": GOOD, "phases": PHASES, "detectors": DETECTORS}[file]
    assert old in text
    with pytest.raises(InputError) as caught:
        read_all(folder(tmp_path, **{file: text.replace(old, new)}))
    assert message in str(caught.value) and "\n" not in str(caught.value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.sampled_from(["log", "phases", "detectors"]),
    at=st.integers(0, 120),
    junk=st.sampled_from(
        ["", ",", '"', "\n", "\0", "\x80", "9" * 30, "é", "-1", "1e5", "٣", "inf", "T", ";"]
    ),
    cut=st.integers(0, 6),
)
def test_broken_files_are_read_or_refused(tmp_path: Path, which: str, at: int, junk: str, cut: int) -> None:
    text = {"log": GOOD, "phases": PHASES, "detectors": DETECTORS}[which]
    at = min(at, len(text))
    try:
        read_all(folder(tmp_path, **{which: text[:at] + junk + text[at + cut :]}))
    except InputError as error:
        assert "\n" not in str(error)


def test_broken_parquet_is_refused(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "log.parquet"
    path.write_bytes(b"PAR1 is not enough")
    with pytest.raises(InputError, match=r"log\.parquet: cannot be read as Parquet"):
        read_log(path)
    import pyarrow

    columns = {"TimeStamp": ["2024-04-15 12:00:00"], "DeviceId": [None], "EventId": [1], "Parameter": [5]}
    pa.write_table(pyarrow.table(columns), path)
    with pytest.raises(InputError, match="row 1, column 'DeviceId': '' is empty"):
        read_log(path)
    columns["DeviceId"], columns["EventId"] = [7], [1.5]
    pa.write_table(pyarrow.table(columns), path)
    with pytest.raises(InputError, match=r"row 1, column 'EventId': '1\.5' is no whole number"):
        read_log(path)
