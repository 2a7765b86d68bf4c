"""Imputation: counts knocked out of simulated days come back within the noise of counting."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from support.days import Days, with_count

from signalsim.counts.impute import impute
from signalsim.counts.mend import mended_rows
from signalsim.counts.quality import record_of
from signalsim.counts.table import load_counts, read_count_rows
from signalsim.counts.write import write_rows
from signalsim.scenario import load


@pytest.mark.parametrize(
    ("hours", "worst_rmse", "worst_bias"),
    # rmse in standard deviations of a Poisson count; an exact mean would give 1.0
    [(0.25, 1.15, 0.07), (1, 1.3, 0.07), (4, 1.2, 0.05), (12, 1.2, 0.05)],
)
def test_knocked_out_counts_come_back(hours: float, worst_rmse: float, worst_bias: float, days: Days) -> None:
    truth, length = days.record(), round(12 * hours)
    rng = np.random.default_rng(1)
    count, out = truth.count.copy(), np.zeros(truth.count.shape, bool)
    for k in days.busy:
        a = int(rng.integers(12, truth.m - length - 12))
        out[k, a : a + length] = True
    count[out] = np.nan
    imputed = impute(with_count(truth, count))
    assert (imputed.is_new == out).all() and not imputed.left
    error, true = imputed.count[out] - truth.count[out], truth.count[out]
    rmse, bias = float(np.sqrt((error**2).mean() / true.mean())), float(error.sum() / true.sum())
    print(f"{hours} h: rmse {rmse:.2f} Poisson standard deviations, bias {bias:+.1%}")
    assert rmse < worst_rmse and abs(bias) < worst_bias
    assert (imputed.count[~out] == truth.count[~out]).all()
    assert (imputed.count[out] == np.round(imputed.count[out])).all() and (imputed.count[out] >= 0).all()


@pytest.mark.parametrize(("name", "worst_rmse"), [("hangzhou_4x4", 1.65), ("jinan_3x4", 1.3)])
def test_counts_of_real_entry_roads_come_back(
    name: str, worst_rmse: float, research_data: Path, tmp_path: Path
) -> None:
    """Roadside cameras, one hour in five minutes: each interval in turn is knocked out and estimated."""
    start = datetime(2016, 8, 29, 8, tzinfo=UTC)
    lines = []
    with (research_data / "figures" / f"{name}_entry_counts_5min.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            times = (
                start + timedelta(seconds=int(row[key])) for key in ("interval_start_s", "interval_end_s")
            )
            begin, end = (time.isoformat() for time in times)
            lines.append(f"{row['entry_road']},{begin},{end},{row['entry_road']},,all,{row['count']},good")
    record = record_of(read_count_rows(table(tmp_path / "real.csv", lines)))
    known = ~np.isnan(record.count)
    error, true = [], []
    for k, i in np.argwhere(known & (known.sum(axis=1, keepdims=True) >= 10)).tolist():
        count = record.count.copy()
        count[k, i] = np.nan
        estimate = impute(with_count(record, count)).count[k, i]
        error.append(estimate - record.count[k, i])
        true.append(record.count[k, i])
    rmse = float(np.sqrt(np.mean(np.square(error)) / np.mean(true)))
    print(f"{name}: {len(true)} counts, rmse {rmse:.2f} Poisson standard deviations")
    assert len(true) >= 50 and rmse < worst_rmse and abs(np.sum(error)) < 0.02 * np.sum(true)


def table(path: Path, rows: list[str]) -> Path:
    head = "camera_id,interval_start,interval_end,link_id,movement_id,vehicle_class,count,quality"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def quarter(k: int) -> str:
    """Beginning and end of the k-th quarter of an hour after eight."""
    return ",".join(f"2024-05-14T{8 + i // 4:02}:{15 * (i % 4):02}:00+02:00" for i in (k, k + 1))


def test_the_table_says_what_is_imputed(scenarios: Path, tmp_path: Path) -> None:
    rows = [f"c,{quarter(k)},N_in,N_thru,all,{20 + k},good" for k in range(4)]
    rows[1] = f"c,{quarter(1)},N_in,N_thru,all,,good"
    rows[2] = f"c,{quarter(2)},N_in,N_thru,all,999,bad"
    other = [f"d,{quarter(k)},S_in,S_thru,all,{10 + k},suspect" for k in (0, 1, 2, 3)]
    del other[0]
    file = table(tmp_path / "counts.csv", rows + other)
    imputed = impute(record_of(read_count_rows(file)))
    write_rows(mended_rows(imputed, None), tmp_path / "new.csv")
    network = load(scenarios / "crossing").network
    new = load_counts(tmp_path / "new.csv", network)
    qualities = new.table.texts("quality")
    assert qualities == ("good", "imputed", "imputed", "good", "imputed", "suspect", "suspect", "suspect")
    assert new.is_valid.all()
    assert new.count[0] == 20 and 20 <= new.count[1] <= new.count[2] <= 23 and new.count[3] == 23


def test_a_long_gap_without_other_days_or_neighbours_stays(tmp_path: Path) -> None:
    rows = [f"c,{quarter(k)},N_in,N_thru,all,{'' if 4 <= k < 10 else 20},good" for k in range(16)]
    rows += [f"d,{quarter(k)},S_in,S_thru,all,{(7 * k) % 11},good" for k in range(16)]
    record = record_of(read_count_rows(table(tmp_path / "counts.csv", rows)))
    imputed = impute(record)
    assert [gap.b - gap.a for gap in imputed.left] == [6] and not imputed.is_new.any()


def test_imputed_counts_are_imputed_anew_and_never_used(tmp_path: Path) -> None:
    rows = [f"c,{quarter(k)},N_in,N_thru,all,20,good" for k in range(6)]
    rows[2] = f"c,{quarter(2)},N_in,N_thru,all,500,imputed"
    record = record_of(read_count_rows(table(tmp_path / "counts.csv", rows)))
    assert np.isnan(record.count[0, 2]) and record.imputed[0, 2]
    assert impute(record).count[0, 2] == 20
