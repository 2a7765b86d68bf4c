"""``signalsim counts take``: what it writes is what crossed, and makes the same traffic again."""

import csv
import shutil
import subprocess
import sys
from collections import Counter
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from signalsim.control.volumes import expected_volumes
from signalsim.counts import load_counts
from signalsim.demand import sample
from signalsim.engine.records import Kind
from signalsim.experiment.take_counts import take_counts, write_counts
from signalsim.scenario import build, load
from signalsim.simulation import simulate

PROGRAM = [sys.executable, "-m", "signalsim", "counts", "take"]
WARM_UP_MS = 300_000  # of scenarios/crossing


def take(*arguments: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=folder)


@pytest.fixture(scope="module")
def crossing(scenarios: Path) -> Path:
    return scenarios / "crossing"


@pytest.fixture(scope="module")
def taken(crossing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The crossing's counts, taken anew."""
    out = tmp_path_factory.mktemp("taken") / "counts.csv"
    found = take(crossing, "--out", out, "--seed", 3)
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith(f"{out}: ") and "in 4 intervals" in found.stdout
    return out


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def recorded(crossing: Path) -> tuple[Counter[tuple[str, int]], Counter[tuple[str, int]]]:
    """(movement, interval) and (link, interval) -> vehicles, from the full records of the same run."""
    run = simulate(crossing, "deployed", seed=3, record="full")
    built, arrivals = run.built, sample(run.built, 3)
    movement, link = built.scenario.network.movement.ids, built.scenario.network.link.ids
    crossed: Counter[tuple[str, int]] = Counter()
    begun: Counter[tuple[str, int]] = Counter()
    for row in run.records:
        interval = (int(row["t_ms"]) - WARM_UP_MS) // 900_000
        if not 0 <= interval < 4:
            continue
        route = arrivals.route[row["entity"]]
        if row["kind"] == Kind.DEPART:
            begun[link[arrivals.route_link[route]], interval] += 1
        # a route here is one movement long: the stop line of an entry link is crossed once
        at_stop = row["kind"] == Kind.CROSS and built.index.lane_at_stop[row["place"]]
        if at_stop and link[built.index.lane_link[row["place"]]].endswith("_in"):
            crossed[movement[arrivals.route_movement[arrivals.route_start[route]]], interval] += 1
    return crossed, begun


def test_every_count_is_what_the_records_say(crossing: Path, taken: Path) -> None:
    start = datetime.fromisoformat("2024-05-14T08:00:00+02:00")
    crossed, begun = recorded(crossing)
    found = rows(taken)
    for row in found:
        interval = (datetime.fromisoformat(row["interval_start"]) - start).total_seconds() / 900
        counter, name = (crossed, row["movement_id"]) if row["movement_id"] else (begun, row["link_id"])
        assert int(row["count"]) == counter[name, int(interval)], row
    assert sum(int(row["count"]) for row in found if row["movement_id"]) == sum(crossed.values()) > 2000
    assert sum(int(row["count"]) for row in found if not row["movement_id"]) == sum(begun.values())


def test_cameras_stand_at_every_approach_and_count_in_local_time(crossing: Path, taken: Path) -> None:
    network, found = load(crossing).network, rows(taken)
    assert {row["movement_id"] for row in found} == {"", *network.movement.ids}
    assert {row["link_id"] for row in found if not row["movement_id"]} == {"N_in", "E_in", "S_in", "W_in"}
    assert all(row["camera_id"] == row["link_id"] for row in found)
    spans = {(row["interval_start"], row["interval_end"]) for row in found}
    clock = [f"2024-05-14T{hour}:00+02:00" for hour in ("08:00", "08:15", "08:30", "08:45", "09:00")]
    assert spans == set(pairwise(clock))


def test_the_taken_counts_make_the_same_mean_flows(crossing: Path, taken: Path, tmp_path: Path) -> None:
    again = Path(shutil.copytree(crossing, tmp_path / "again"))
    shutil.copyfile(taken, again / "counts.csv")
    demand, network = load(again).demand, load(again).network
    total: Counter[str] = Counter()
    for row in rows(taken):
        total[row["movement_id"] or row["link_id"]] += int(row["count"])
    assert demand.counted.tolist() == [total[name] for name in network.movement.ids]
    cells, entered = demand.entries, np.zeros(len(network.link))
    inside = cells.start_ms >= WARM_UP_MS
    np.add.at(entered, cells.link[inside], cells.vehicles[inside])
    assert entered == pytest.approx([total.get(name, 0) for name in network.link.ids])
    assert expected_volumes(demand).sum() == pytest.approx(entered.sum())  # all of them take one movement


def test_both_engines_take_the_same_counts(crossing: Path, taken: Path, tmp_path: Path) -> None:
    slow = tmp_path / "slow.csv"
    assert take(crossing, "--out", slow, "--seed", 3, "--engine", "simpy").returncode == 0
    assert slow.read_bytes() == taken.read_bytes()


def test_other_intervals_add_up_to_the_same(crossing: Path, taken: Path, tmp_path: Path) -> None:
    """1000 s goes 3.6 times into the hour: the last interval is what remains."""
    built = build(load(crossing))
    counted = take_counts(built, interval_s=1000, seed=3)
    assert np.diff(counted.edges_ms).tolist() == [1_000_000, 1_000_000, 1_000_000, 600_000]
    write_counts(counted, built.scenario, tmp_path / "odd.csv")
    sums = [Counter[str](), Counter[str]()]
    for total, file in zip(sums, (taken, tmp_path / "odd.csv"), strict=True):
        for row in rows(file):
            total[row["movement_id"] or row["link_id"]] += int(row["count"])
    assert sums[0] == sums[1]
    assert len(load_counts(tmp_path / "odd.csv", built.scenario.network)) == 16 * 4


def test_who_cannot_begin_is_told_and_not_counted(crossing: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(crossing, tmp_path / "full"))
    text = (folder / "counts.csv").read_text(encoding="utf-8").splitlines()
    heavy = [text[0], *(line.replace(",N_in,N_thru,all,", ",N_in,N_thru,all,5") for line in text[1:])]
    (folder / "counts.csv").write_text("\n".join(heavy) + "\n", encoding="utf-8")
    found = take(folder, "--out", tmp_path / "c.csv")
    assert found.returncode == 0, found.stderr
    assert "vehicles could not begin in the demand window: cameras count who gets through" in found.stderr
    counted = take_counts(build(load(folder)), seed=1)
    north = load(folder).network.link.index["N_in"]
    assert counted.waiting > 100 and counted.link[:, north].sum() > 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--out", "there.csv"], 3, "--out there.csv: is there already; name a new file"),
        (["--out", "none/c.csv"], 3, "is no folder that can be written to; name another place"),
        (["--out", "c.csv", "--interval", "0"], 2, "--interval"),
        (["--out", "c.csv", "--controller", "deployd"], 3, "deployd"),
        ([], 2, "--out"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    arguments: list[str], code: int, message: str, crossing: Path, tmp_path: Path
) -> None:
    (tmp_path / "there.csv").write_text("mine")
    found = take(crossing, *arguments, folder=tmp_path)
    assert found.returncode == code and message in found.stderr.replace("\n", " ")
    assert "Traceback" not in found.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]
    assert (tmp_path / "there.csv").read_text() == "mine"


def test_a_file_is_there_whole_or_not_at_all(crossing: Path, tmp_path: Path) -> None:
    """A writer that fails half-way leaves nothing."""
    built = build(load(crossing))
    counted = take_counts(built, seed=3)
    broken = counted.__class__(counted.edges_ms, counted.movement[:, :5], counted.link, 0)
    with pytest.raises(IndexError):
        write_counts(broken, built.scenario, tmp_path / "c.csv")
    assert list(tmp_path.iterdir()) == []
