"""Checks of counts: each fault put into simulated days at a known place and time, and nothing else found."""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from support.days import DAYS, PROFILE, Days, drifting, shifted

from signalsim.counts.quality import CHECKS, Finding, Record, examine
from signalsim.counts.quality.clocks import check_clocks
from signalsim.counts.quality.gaps import check_copies, check_gaps
from signalsim.counts.quality.levels import (
    check_capped,
    check_dead,
    check_impossible,
    check_spikes,
    check_stuck,
)
from signalsim.counts.quality.neighbours import check_imbalance

TRIALS = 12


class Fault(NamedTuple):
    """A way to spoil one camera or series, the check that finds it, and how often it has to."""

    kind: str
    check: Callable
    spoil: Callable[[Days, np.random.Generator], tuple[Record, str]]  # -> the record and the camera
    least: int  # found, of TRIALS
    most_false: int  # findings of the check about other cameras, in all trials


def spoiled(days: Days, k: int, change: Callable[[np.ndarray], None], step: int = 5) -> tuple[Record, str]:
    record = days.record(step)
    change(record.count[k])
    return record, days.keys[k].camera


def stuck(days: Days, rng: np.random.Generator) -> tuple[Record, str]:
    """Two hours by day."""
    k, a = int(rng.choice(days.busy)), 288 * int(rng.integers(3)) + int(rng.integers(84, 216))

    def change(count: np.ndarray) -> None:
        count[a : a + 24] = max(count[a], 1)

    return spoiled(days, k, change)


def dead(days: Days, rng: np.random.Generator) -> tuple[Record, str]:
    """Two hours by day of a series with over five vehicles in an interval."""
    k, a = int(rng.choice(days.busy)), 288 * int(rng.integers(3)) + int(rng.integers(84, 216))

    def change(count: np.ndarray) -> None:
        count[a : a + 24] = 0

    return spoiled(days, k, change)


def impossible(days: Days, rng: np.random.Generator) -> tuple[Record, str]:
    """Thousands in one interval."""
    k, i = int(rng.choice(days.busy)), int(rng.integers(864))

    def change(count: np.ndarray) -> None:
        count[i] = 2000

    return spoiled(days, k, change)


def spike(days: Days, rng: np.random.Generator) -> tuple[Record, str]:
    """One interval in which everything was counted eight times."""
    k, i = int(rng.choice(days.busy)), 288 * int(rng.integers(3)) + int(rng.integers(84, 216))

    def change(count: np.ndarray) -> None:
        count[i] = 8 * max(count[i], 5)

    return spoiled(days, k, change)


def gap(days: Days, rng: np.random.Generator) -> tuple[Record, str]:
    """A camera that is out for a quarter of an hour or longer."""
    record, camera = days.record(), str(rng.choice(days.inner))
    a, length = int(rng.integers(800)), int(rng.integers(3, 60))
    record.count[days.of(camera), a : a + length] = np.nan
    return record, camera


def copied(days: Days, rng: np.random.Generator) -> tuple[Record, str]:
    record = days.record()
    k, other = rng.choice(days.busy, 2, replace=False).tolist()
    record.count[max(k, other)] = record.count[min(k, other)]
    return record, days.keys[max(k, other)].camera


def miscounting(days: Days, rng: np.random.Generator) -> tuple[Record, str]:
    """A camera that misses three vehicles in ten."""
    record, camera = days.record(), str(rng.choice(days.inner))
    for k in days.of(camera):
        record.count[k] = rng.binomial(record.count[k].astype(int), 0.7)
    return record, camera


def offset(days: Days, rng: np.random.Generator) -> tuple[Record, str]:
    """Ten minutes to two hours, fast or slow."""
    camera, minutes = str(rng.choice(days.inner)), int(rng.integers(10, 120)) * int(rng.choice([-1, 1]))
    return days.record(5, shifted(days, camera, minutes)), camera


def other_zone(days: Days, rng: np.random.Generator) -> tuple[Record, str]:
    """Clocks in UTC."""
    camera = str(rng.choice(days.inner))
    return days.record(5, shifted(days, camera, -480)), camera


def summer_time(days: Days, rng: np.random.Generator) -> tuple[Record, str]:
    """An hour from the second or third day on."""
    camera = str(rng.choice(days.inner))
    return days.record(
        5, shifted(days, camera, int(rng.choice([-60, 60])), 1440 * int(rng.integers(1, 3)))
    ), camera


def drift(days: Days, rng: np.random.Generator) -> tuple[Record, str]:
    """Four to six minutes a day."""
    camera = str(rng.choice(days.inner))
    return days.record(5, drifting(days, camera, float(rng.uniform(4, 6)))), camera


FAULTS = {
    "stuck": Fault("stuck", check_stuck, stuck, 12, 0),
    "dead": Fault("dead", check_dead, dead, 11, 0),
    "impossible": Fault("impossible", check_impossible, impossible, 12, 0),
    "spike": Fault("spike", check_spikes, spike, 11, 0),
    "gap": Fault("gap", check_gaps, gap, 12, 0),
    "copied": Fault("copied", check_copies, copied, 12, 0),
    "miscounting": Fault("imbalance", check_imbalance, miscounting, 11, 3 * TRIALS),  # its neighbours too
    "offset": Fault("clock-offset", check_clocks, offset, 11, 2),
    "other zone": Fault("clock-offset", check_clocks, other_zone, 11, 2),
    "summer time": Fault("summer-time", check_clocks, summer_time, 11, 2),
    "drift": Fault("clock-drift", check_clocks, drift, 10, 2),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_its_camera_named(name: str, days: Days) -> None:
    fault = FAULTS[name]
    rng = np.random.default_rng(sum(map(ord, name)))
    found, false, missed = 0, 0, []
    for _ in range(TRIALS):
        record, camera = fault.spoil(days, rng)
        findings = list(fault.check(record, days.network))
        own = [f for f in findings if f.camera == camera]
        found += any(f.kind == fault.kind for f in own)
        false += len({f.camera for f in findings} - {camera})
        missed += [] if own else [camera]
    print(f"{name}: {found} of {TRIALS} found, {false} other cameras named, missed {missed}")
    assert found >= fault.least, (found, missed)
    assert false <= fault.most_false


@pytest.mark.parametrize("step", [5, 15])
@pytest.mark.parametrize("is_network", [True, False], ids=["network", "alone"])
def test_nothing_is_found_where_nothing_is_wrong(step: int, is_network: bool, days: Days) -> None:
    """192 series, 64 cameras, three days: no false alarm but what is true, the saturated stop line."""
    findings = examine(days.record(step), days.network if is_network else None)
    assert Counter(f.kind for f in findings if f.kind != "capped") == Counter()
    assert {(f.severity, f.movement) for f in findings} == {("note", "W4-J14:thru")}


def test_every_check_is_tried() -> None:
    tried = {fault.check for fault in FAULTS.values()} | {check_capped}
    assert {check.__name__ for check in CHECKS} - {check.__name__ for check in tried} == {"check_duplicates"}


def test_times_of_faults_are_those_of_the_fault(days: Days) -> None:
    record = days.record()
    k = days.busy[0]
    record.count[k, 400:430] = 9
    record.count[k, 700:760] = np.nan
    found = {f.kind: f for check in (check_stuck, check_gaps) for f in check(record, days.network)}
    assert (found["stuck"].start_ms, found["stuck"].end_ms) == (record.time_ms(400), record.time_ms(430))
    assert (found["gap"].start_ms, found["gap"].end_ms) == (record.time_ms(700), record.time_ms(760))
    assert found["gap"].severity == "warning" and found["gap"].movement == days.keys[k].movement


def test_what_is_capped_is_what_demand_exceeds(days: Days) -> None:
    """Calm hours tell what would come in the peaks. At one stop line far less gets through, and those behind
    it get less; it is the one that is called capped.
    """
    profile = np.array(PROFILE)
    hour = days.minute.reshape(len(days.keys), DAYS, 24, 60).sum(axis=(1, 3))
    calm, peak = profile <= 0.5, profile >= 0.9
    due = hour[:, calm].sum(axis=1) * profile[peak].sum() / profile[calm].sum()
    through = hour[:, peak].sum(axis=1)
    sigma = np.sqrt(through + due**2 / hour[:, calm].sum(axis=1).clip(1))
    lacking = (due - through) / np.maximum(sigma, 1)
    found = {f.movement for f in check_capped(days.record(), None)}
    assert found == {days.keys[int(lacking.argmax())].movement} and lacking.max() > 5
    assert {days.keys[k].link for k in np.flatnonzero(lacking > 5)} <= {"W4-J14", "J14-J24", "J24-J34"}
    spans = [(f.start_ms, f.end_ms) for f in check_capped(days.record(), None)]
    peaks = [days.record().time_ms(288 * day + 12 * 8 + 6) for day in range(DAYS)]
    assert all(any(a <= time < b for a, b in spans) for time in peaks)


def test_poisson_counts_are_not_capped(days: Days) -> None:
    """200 series of a day at a constant rate, the hardest case: every window is at the top."""
    record = days.record()
    rng = np.random.default_rng(1)
    record.count[:] = rng.poisson(rng.uniform(8, 60, (len(record.keys), 1)), record.count.shape)
    assert len(list(check_capped(record, None))) <= 1


def test_equal_findings_read_alike(days: Days) -> None:
    record, _ = gap(days, np.random.default_rng(3))
    one, two = examine(record, days.network), examine(record, days.network)
    assert one == two and all(isinstance(f, Finding) and "\n" not in f.text for f in one)
