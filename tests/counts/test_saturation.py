"""The saturated-count trap against simulated truth: the demand of the peak hour, and its interval."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.peaks import Peak, bump, count_peak, double, write_peak

from signalsim.counts.corrected import at_end
from signalsim.counts.saturation import CONSERVED, REFERENCE, REFUSED, UPSTREAM, find_saturated
from signalsim.scenario import load

SEEDS = range(8)
CASES = {
    "like its neighbours": (2.5, bump(), None, None),
    "later than its neighbours": (2.6, bump(), bump(1.25, 0.7, 0.5), None),
    "sharper than its neighbours": (2.6, bump(), bump(1.5, 0.9, 0.7), None),
    "not cleared": (2.6, bump(), None, 2),
    "not cleared, sharper": (2.6, bump(), bump(1.5, 0.8, 0.55), 2),
}


@pytest.fixture(scope="module")
def peaks(scenarios: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Peak]]:
    folder = tmp_path_factory.mktemp("peaks")
    out = {}
    for k, (name, (factor, own, others, cut)) in enumerate(CASES.items()):
        made = write_peak(scenarios, folder / str(k), "E_in", factor, own, others)
        out[name] = [count_peak(made, "E_in", seed, folder / f"{k}-{seed}.csv", cut) for seed in SEEDS]
    return out


def test_what_was_counted_is_10_to_25_percent_low(peaks: dict[str, list[Peak]]) -> None:
    for found in peaks.values():
        for peak in found:
            assert -0.25 < peak.over[0] / peak.true - 1 < -0.1


def test_a_queue_that_clears_gives_the_peak_hour(peaks: dict[str, list[Peak]]) -> None:
    """Within 5 % on average of eight days, where neighbours have the same course or one of another hour."""
    for name in ("like its neighbours", "later than its neighbours"):
        assert {peak.found[0].method for peak in peaks[name]} == {CONSERVED}
        off = [peak.over[1] / peak.true - 1 for peak in peaks[name]]
        assert abs(np.mean(off)) < 0.05 and np.median(np.abs(off)) < 0.05


def test_intervals_cover_the_truth_in_nine_of_ten(peaks: dict[str, list[Peak]]) -> None:
    covers = [
        peak.over[2] <= peak.true <= (peak.over[3] or np.inf)
        for found in peaks.values()
        for peak in found
        if peak.found[0].method != REFUSED
    ]
    assert len(covers) >= 24 and np.mean(covers) >= 0.9


def test_a_queue_that_does_not_clear_has_an_interval_or_is_refused(peaks: dict[str, list[Peak]]) -> None:
    for name in ("not cleared", "not cleared, sharper"):
        for peak in peaks[name]:
            assert peak.found[0].method in (REFERENCE, REFUSED)
            assert "did not clear" in peak.found[0].reason
            if peak.found[0].method == REFUSED:
                counted, demand, low, high = peak.over
                assert counted == demand == low and high is None


def test_a_course_that_no_other_link_has_is_in_the_interval(scenarios: Path, tmp_path: Path) -> None:
    """Two peaks beside links with one: the estimate is wrong, and says that it may be."""
    made = write_peak(scenarios, tmp_path / "two", "W_in", 2.2, double(), bump())
    for seed in range(3):
        peak = count_peak(made, "W_in", seed, tmp_path / f"{seed}.csv")
        _, demand, low, high = peak.over
        assert low < peak.true < 0.95 * demand and high is not None


def test_a_road_that_is_not_full_is_left_alone(scenarios: Path, tmp_path: Path) -> None:
    made = write_peak(scenarios, tmp_path / "quiet", "E_in", 1.3, bump())
    assert count_peak(made, "E_in", 1, tmp_path / "quiet.csv").found == []


def test_nobody_is_lost_while_a_queue_clears(peaks: dict[str, list[Peak]]) -> None:
    for peak in peaks["like its neighbours"]:
        (one,) = peak.found
        assert np.isclose(one.demand.sum(), one.counted.sum())
        behind = np.cumsum(one.demand) - np.cumsum(one.counted)
        assert behind.min() > -1e-6  # nobody leaves before he came


def test_the_ends_of_an_interval_are_demand_that_has_them(peaks: dict[str, list[Peak]]) -> None:
    for peak in (*peaks["like its neighbours"], *peaks["not cleared"]):
        (one,) = peak.found
        hour = 12, min(24, peak.record.m)
        _, demand, low, high = one.over(*hour)
        for end, wanted in (("low", low), ("high", high)):
            other = at_end(one, end, *hour)
            assert np.isclose(other.demand[slice(*hour)].sum(), demand if wanted is None else wanted)
            assert (other.demand >= 0).all() and np.array_equal(
                other.demand[: hour[0]], one.demand[: hour[0]]
            )


def test_counts_upstream_are_demand(peaks: dict[str, list[Peak]]) -> None:
    from dataclasses import replace

    from signalsim.counts.quality.record import Key

    record = peaks["not cleared"][0].record
    entering = np.full((1, record.m), 170.0)
    more = replace(
        record,
        keys=(*record.keys, Key("far", "E_in", "", "all")),
        count=np.concatenate([record.count, entering]),
        row=np.concatenate([record.row, np.full((1, record.m), -1)]),
        imputed=np.concatenate([record.imputed, entering < 0]),
    )
    link = frozenset({"E_in"})
    (one,) = find_saturated(more, peaks["not cleared"][0].network, named=link)
    assert one.method == UPSTREAM
    assert (one.demand[one.a : one.b] == 170).all()


def test_counts_correct_and_fit_use_it(peaks: dict[str, list[Peak]], scenarios: Path, tmp_path: Path) -> None:
    made = write_peak(scenarios, tmp_path / "made", "E_in", 2.5, bump())
    peak = peaks["like its neighbours"][0]
    command = [sys.executable, "-m", "signalsim", "counts"]
    options = [str(made), "--counts", str(peak.file)]
    out = tmp_path / "c.csv"
    done = subprocess.run(
        [*command, "correct", *options, "--out", out, "--json"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["saturated"]
    assert row["link"] == "E_in" and row["method"] == CONSERVED
    with out.open(newline="", encoding="utf-8") as stream:
        new = [r for r in csv.DictReader(stream) if r["link_id"] == "E_in" and r["quality"] == "imputed"]
    assert new
    fitted = tmp_path / "fitted"
    done = subprocess.run([*command, "fit", *options, "--out", fitted], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "E_in, " in done.stdout and "saturated" in done.stdout
    told = json.loads((fitted / "fit.json").read_text(encoding="utf-8"))
    (queue,), total = told["saturated"], told["total"]
    assert queue["low"] < queue["demand"] < queue["high"]
    whole = 3  # movements: counts are whole vehicles
    assert total["high"] - total["best"] >= queue["high"] - queue["demand"] - whole
    assert total["best"] - total["low"] >= queue["demand"] - queue["low"] - whole
    demand = load(fitted).demand
    cells = demand.entries
    link = peak.network.link.index["E_in"]
    hour = (cells.link == link) & (cells.start_ms >= 3_600_000) & (cells.end_ms <= 7_200_000)
    assert abs(cells.vehicles[hour].sum() / peak.true - 1) < 0.06
