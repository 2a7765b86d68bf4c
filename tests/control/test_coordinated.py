"""Common cycles and offsets, and what the design of plans says."""

import csv
import shutil
from datetime import datetime, timedelta

import numpy as np
import pytest

from signalsim.control import get
from signalsim.control.coordinated import coordinated_design
from signalsim.control.day import day_plans
from signalsim.control.volumes import traffic_of
from signalsim.errors import InputError
from signalsim.experiment.plan_methods import design
from signalsim.measures import evaluate
from signalsim.network import Defaults
from signalsim.scenario import build, load
from signalsim.scenario.planned import write_planned
from signalsim.signals.assess import assess, remarks
from signalsim.signals.coordinated import whole_greens
from signalsim.signals.platoons import speed_factors, transfer
from signalsim.signals.segments import segment
from signalsim.signals.waiting import queues
from signalsim.simulation import simulate


@pytest.fixture(scope="module")
def hangzhou(scenarios):
    return build(load(scenarios / "hangzhou"))


def test_all_junctions_share_a_cycle_or_half_of_it(hangzhou):
    found = coordinated_design(hangzhou, cycle_s=80.0)
    cycles = {j: hangzhou.signals.cycle_s(j, plan) for j, plan in found.plans.items()}
    assert {round(80 / cycle, 9) for cycle in cycles.values()} <= {1.0, 2.0}
    assert {j for j, cycle in cycles.items() if cycle == 40} == set(found.halved)
    for j, plan in found.plans.items():
        least = [hangzhou.signals.stage_min_green_s(j, stage) for stage in plan.stages]
        assert all(g >= low for g, low in zip(plan.green_s, least, strict=True))
        assert 0 <= plan.offset_s < cycles[j]
    assert len({plan.offset_s for plan in found.plans.values()}) > 3


def test_the_estimate_is_better_with_its_offsets_than_with_none_or_others(hangzhou):
    from signalsim.signals.offsets import OffsetSearch
    from signalsim.signals.platoons import Paths
    from signalsim.signals.streams import streams
    from signalsim.signals.waiting import served

    t = traffic_of(hangzhou)
    found = coordinated_design(hangzhou, cycle_s=80.0)
    which = streams(t)
    paths = Paths(t, which, 80.0, 80)
    serving = served(which, t.signals, found.plans, 80.0, 80)
    search = OffsetSearch(which, paths, serving, len(found.plans), t.hours)
    ours = search.evaluate(np.array([round(plan.offset_s) for plan in found.plans.values()])).total
    rng = np.random.default_rng(1)
    others = [search.evaluate(rng.integers(0, 80, len(found.plans))).total for _ in range(10)]
    assert ours < min([*others, search.evaluate(np.zeros(len(found.plans), int)).total])


def test_a_cycle_too_short_for_minimum_greens_is_refused(hangzhou):
    with pytest.raises(InputError, match=r"junction 'J11': its minimum greens and intergreens take 40 s"):
        coordinated_design(hangzhou, max_cycle_s=35.0)
    with pytest.raises(InputError, match="cycle 30 s"):
        coordinated_design(hangzhou, cycle_s=30.0)


def test_the_controller_runs_its_design(hangzhou):
    plan = get("coordinated:min_cycle_s=80,max_cycle_s=80").prepare(hangzhou).plan
    assert set(plan.cycle_ms.tolist()) <= {80_000, 40_000}


def test_a_platoon_keeps_its_vehicles_and_each_its_speed():
    """Two drivers, at 0.8 and 1.25 of the free speed: after 20 s at free flow half of the platoon has come
    25 s later and half 16 s later, as it left. Normal drivers spread it evenly, cut at 0.8 and 1.2."""
    platoon = np.zeros(90)
    platoon[:10] = 1.0
    spectrum = np.fft.rfft(platoon)
    two = np.fft.irfft(spectrum * transfer(20.0, 90.0, 90, np.array([0.8, 1.25])), 90)
    expected = np.zeros(90)
    expected[16:26] += 0.5
    expected[25:35] += 0.5
    assert two == pytest.approx(expected, abs=1e-9)
    factors = speed_factors(Defaults())
    assert factors.mean() == pytest.approx(1) and factors.std() == pytest.approx(0.1, rel=0.06)
    assert factors.min() >= 0.8 and factors.max() <= 1.2
    many = np.fft.irfft(spectrum * transfer(40.0, 90.0, 90, factors), 90)
    assert many.sum() == pytest.approx(10) and many.max() < 0.9
    assert (many * np.arange(90)).sum() / 10 - 4.5 == pytest.approx(40 * (1 / factors).mean(), rel=1e-4)


def test_even_arrivals_wait_as_websters_first_term_says():
    n, green, flow, saturation = 600, 240, 0.1, 0.5
    serving = np.where(np.arange(n) < green, saturation, 0.0)[None, :] * 0.1
    queue, leaving = queues(np.full((1, n), flow * 0.1), serving)
    share, ratio = green / n, flow / saturation
    delay = 60 * (1 - share) ** 2 / (2 * (1 - ratio))  # cycle 60 s
    assert queue[0] == pytest.approx(flow * delay, rel=0.01)
    assert leaving.sum() == pytest.approx(flow * 60)


def test_greens_make_up_the_cycle():
    assert whole_greens((10.4, 20.4, 7.7), [5, 5, 7], 38.5) == (10.0, 20.5, 8.0)
    assert whole_greens((5.6, 5.6), [5, 5], 10.0) == (5.0, 5.0)


def test_oversaturation_is_said(scenarios):
    built = build(load(scenarios / "crossing"))
    traffic = traffic_of(built)
    plans = coordinated_design(built).plans
    fine = assess(traffic, plans)
    assert fine[0]["degree_of_saturation"] < 0.9
    assert fine[0]["reserve_percent"] > 0
    from dataclasses import replace

    heavy = assess(replace(traffic, flow_pcuph=traffic.flow_pcuph * 2.5), plans)
    text = remarks(heavy)
    assert "no cycle serves these volumes" in text[0]
    assert any("oversaturated" in line for line in text)


def test_segments_follow_the_day_and_changes_cost_something():
    level = np.array([1, 1, 5, 5, 1, 1.0])

    def delay(a, b):
        return float(((level[a:b] - level[a:b].mean()) ** 2).sum())

    assert segment(6, delay, lambda a: 1.0).first == (0, 2, 4)
    assert segment(6, delay, lambda a: 100.0).first == (0,)


def test_a_quiet_hour_needs_one_plan(scenarios):
    found = day_plans(build(load(scenarios / "crossing")))
    assert found.start == ("08:00",)
    assert len(found.segments.cost) == 2


def test_a_day_with_a_peak_has_plans_that_a_single_one_is_no_match_for(scenarios, tmp_path):
    """Four hours of the crossing's counts, the second at 1.25 of them, the others at 0.4: the peak has a plan
    of its own, with a longer cycle, and delays are less than under Webster's plan for the mean of all."""
    source, out = tmp_path / "day", tmp_path / "planned"
    shutil.copytree(scenarios / "crossing", source)
    with (source / "counts.csv").open(newline="", encoding="utf-8") as file:
        hour = list(csv.DictReader(file))
    with (source / "counts.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(hour[0]))
        writer.writeheader()
        for k, factor in enumerate((0.4, 1.25, 0.4, 0.4)):
            for row in hour:
                times = {
                    name: (datetime.fromisoformat(row[name]) + timedelta(hours=k)).isoformat()
                    for name in ("interval_start", "interval_end")
                }
                writer.writerow(row | times | {"count": round(factor * int(row["count"]))})
    text = (source / "scenario.toml").read_text(encoding="utf-8")
    (source / "scenario.toml").write_text(
        text.replace("demand_s = 3600", "demand_s = 14400"), encoding="utf-8"
    )
    built = build(load(source))
    planned = design(built, "time-of-day", "day", min_cycle_s=20, max_cycle_s=180)
    cycles = {
        start: built.signals.cycle_s(0, planned.plans[name][0]) for start, name in planned.schedule.items()
    }
    assert list(cycles) == ["08:00", "09:00", "10:00"]
    assert cycles["09:00"] > 1.3 * max(cycles["08:00"], cycles["10:00"])
    out.mkdir()
    write_planned(built.scenario, planned.plans, out, ("day", planned.schedule))
    day = build(load(out))
    delays = [
        [evaluate(simulate(one, get(name), replication=k).sums)["mean_delay_s"] for k in range(3)]
        for one, name in ((day, "deployed:plan=day"), (built, "webster"))
    ]
    assert all(ours < single for ours, single in zip(*delays, strict=True))
