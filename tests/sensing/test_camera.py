"""What cameras report of a known truth."""

import dataclasses
import math
import re

import numpy as np
import pytest

from signalsim.errors import InputError
from signalsim.scenario.cameras import PRESETS
from signalsim.sensing import Camera, Sensors, preset

ERRING = Camera(miss=0.1, double=0.03)


def _counts(sensors):
    cameras = sensors._cameras
    return cameras.stop.tolist(), cameras.advance.tolist(), cameras.movement.tolist()


def test_perfect_camera_reports_the_truth(corridor, sight):
    sensors = Sensors(corridor, PRESETS["perfect"])
    sensors.read(sight(1, [3, 1], [5, 2], lane_queue=[2, 1]))
    assert _counts(sensors) == ([3, 1, 0], [5, 2, 0], [3, 1])
    assert sensors._cameras.ring_queue[0].tolist() == [2.0, 1.0, 0.0]


def test_share_of_vehicles_counted_is_one_minus_misses_plus_doubles(corridor, sight):
    n = 100_000
    sensors = Sensors(corridor, ERRING, seed=3)
    sensors.read(sight(1, [n, 0], [n, 0]))
    variance = 0.1 + 4 * 0.03 + 0.87 - (1 - 0.1 + 0.03) ** 2 - 0.1  # of 0, 1 or 2 per vehicle
    error = math.sqrt(variance / n)
    for channel in _counts(sensors):
        assert abs(channel[0] / n - 0.93) < 4 * error


def test_counts_do_not_depend_on_when_the_cameras_are_read(corridor, sight):
    once, often = Sensors(corridor, ERRING, seed=1), Sensors(corridor, ERRING, seed=1)
    once.read(sight(100, [500, 90], [520, 100]))
    for k in range(1, 101):
        often.read(sight(k, [5 * k, 9 * k // 10], [52 * k // 10, k]))
    assert _counts(once) == _counts(often)
    assert _counts(once)[0] != [500, 90, 0]


def test_a_lane_s_errors_do_not_depend_on_other_lanes(corridor, sight):
    alone, busy = Sensors(corridor, ERRING, seed=1), Sensors(corridor, ERRING, seed=1)
    alone.read(sight(1, [500, 0], [500, 0]))
    busy.read(sight(1, [500, 777], [500, 800]))
    assert alone._cameras.stop[0] == busy._cameras.stop[0]
    assert alone._cameras.movement[0] == busy._cameras.movement[0]


def test_seeds_lines_and_replications_have_their_own_errors(corridor, sight):
    patterns = set()  # which of 100 vehicles a channel counts
    for seed, replication in ((0, 0), (1, 0), (0, 1)):
        sensors = Sensors(corridor, Camera(miss=0.5), seed=seed, replication=replication)
        totals = []
        for n in range(100):
            sensors.read(sight(n, [n, n], [n, n]))
            stop, advance, movement = _counts(sensors)
            totals.append([*stop[:2], *advance[:2], *movement])
        patterns.update(zip(*totals, strict=True))
    assert len(patterns) == 18


def test_a_queue_is_cut_at_the_view(corridor, sight):
    sensors = Sensors(corridor, Camera(queue_error=0.2), seed=2)
    readings = []
    for k in range(300):
        sensors.read(sight(k, [0, 0], [0, 0], lane_queue=[40, 5]))
        readings.append(sensors._cameras.ring_queue[k % len(sensors._cameras.ring_ms)].copy())
        sensors.deliver()
    far, near, unseen = np.array(readings).T
    assert far.max() == 10.0  # the view's storage
    assert far.min() < 10.0
    assert not unseen.any()
    assert abs(near.mean() - 5.0) < 4 * math.sqrt((0.2 * 5) ** 2 + 1 / 12) / math.sqrt(300)


def test_the_longer_the_queue_the_more_it_hides_at_the_advance_line(corridor, sight):
    for queue, missed in ((0, 0.0), (5, 0.25), (10, 0.5), (40, 0.5)):  # 10 fill the view
        sensors = Sensors(corridor, Camera(occluded_miss=0.5))
        sensors.read(sight(1, [1000, 0], [1000, 0], lane_queue=[queue, 0]))
        stop, advance, _ = _counts(sensors)
        assert stop == [1000, 0, 0]
        assert abs(advance[0] - 1000 * (1 - missed)) <= 4 * math.sqrt(1000 * missed * (1 - missed))


def test_long_vehicles_have_rates_of_their_own(corridor, sight):
    n, n_long = 20_000, 8_000
    camera = Camera(miss=0.2, double=0.01, heavy_miss_factor=0.5, heavy_double_factor=10)
    mixed, cars = (Sensors(corridor, one, seed=2) for one in (camera, Camera(miss=0.2, double=0.01)))
    of_long = {"lane_out_long": [n_long, 0], "lane_advance_long": [n_long, 0]}
    mixed.read(sight(1, [n, 0], [n, 0], **of_long)._replace(movement_out_long=np.array([n_long, 0])))
    cars.read(sight(1, [n - n_long, 0], [n - n_long, 0]))
    for all_of_them, those_in_cars in zip(_counts(mixed), _counts(cars), strict=True):
        counted = all_of_them[0] - those_in_cars[0]  # the same cars are missed and counted twice
        variance = 0.8 + 4 * 0.1 - (1 - 0.1 + 0.1) ** 2  # of 0, 1 or 2 per long vehicle
        assert counted != n_long and abs(counted - n_long) < 4 * math.sqrt(n_long * variance)


def test_night_and_rain_add_to_the_errors_while_they_last(corridor, sight):
    camera, n = Camera(night_miss=0.3, rain_miss=0.2, rain_double=0.1), 10_000
    sensors, works = Sensors(corridor, camera, seed=1), np.ones(3, bool)
    perfect = Sensors(corridor, PRESETS["perfect"])
    total, before = 0, 0
    for night, rain, miss, double in (
        (False, False, 0, 0), (True, False, 0.3, 0), (False, True, 0.2, 0.1), (True, True, 0.5, 0.1),
        (False, False, 0, 0),
    ):  # fmt: skip
        total += n
        for one in (sensors, perfect):
            one.change(works, night=night, rain=rain)
            one.read(sight(total, [total, 0], [total, 0]))
        now, mean = _counts(sensors)[0][0], 1 - miss + double
        variance = (1 - miss - double) + 4 * double - mean**2
        assert abs(now - before - n * mean) <= 4 * math.sqrt(n * max(variance, 0))
        before = now
    assert _counts(perfect)[0][0] == total


@pytest.mark.parametrize(("headway_s", "counted"), [(1, 51), (2, 100), (4, 100)])
def test_a_line_counts_at_most_a_vehicle_per_two_pictures(corridor, sight, headway_s, counted):
    sensors = Sensors(corridor, Camera(frame_s=1.0))
    for k in range(1, 101):
        sensors.read(sight(k * headway_s, [k, 0], [k, 0]))
    assert [channel[0] for channel in _counts(sensors)] == [counted] * 3  # of 100 s: at 0 s one, then 50


def test_clocks_are_wrong_by_camera_and_never_ahead_of_who_receives(corridor, sight):
    ages = set()
    for seed in range(40):
        sensors = Sensors(corridor, Camera(clock_s=10, latency_s=3), seed=seed)
        sensors.read(sight(100, [0, 0], [0, 0]))
        sensors.deliver()
        ages.update(sensors.observe(sight(103, [0, 0], [0, 0])).lane_age_ms[:2].tolist())
    assert len(ages) > 40 and min(ages) == 0 and 12_000 < max(ages) <= 13_000


def test_readings_come_in_order_between_latency_and_jitter(corridor):
    sensors = Sensors(corridor, Camera(latency_s=2, jitter_s=5))
    late = [sensors.delay_ms(k) for k in range(400)]
    assert late == [Sensors(corridor, Camera(latency_s=2, jitter_s=5)).delay_ms(k) for k in range(400)]
    assert 2000 <= min(late) < 2100 and 6900 < max(late) <= 7000


def test_an_outage_counts_nothing_and_says_so(corridor, sight):
    sensors = Sensors(corridor, PRESETS["perfect"])
    for now, working, total in ((1, True, 3), (2, False, 8), (3, False, 9), (4, True, 14)):
        sensors.change(np.array([working, True, True]))
        truth = sight(now, [total, total], [total, total])
        sensors.read(truth)
        sensors.deliver()
        seen = sensors.observe(truth)
        assert seen.lane_valid.tolist() == [working, True, False]
        assert seen.lane_age_ms[:2].tolist() == [0 if working else 1000 * (now - 1), 0]
        assert seen.lane_count[1] == total
    assert seen.lane_count[0] == 3 + (14 - 9)


def test_a_reading_arrives_when_its_latency_has_passed(corridor, sight):
    sensors = Sensors(corridor, Camera(interval_s=1, latency_s=2.5))
    assert (sensors.interval_ms, sensors.latency_ms) == (1000, 2500)
    for now in range(4):  # readings at 0, 1, 2, 3 s
        sensors.read(sight(now, [10 * now, 0], [10 * now, 0]))
    for reading in range(4):
        sensors.deliver()
        seen = sensors.observe(sight(3.5, [99, 0], [99, 0]))
        assert (seen.lane_count[0], seen.lane_age_ms[0]) == (10 * reading, 3500 - 1000 * reading)
    sensors.deliver()  # none is under way
    assert sensors.observe(sight(4, [99, 0], [99, 0])).lane_count[0] == 30


def test_snapshot_and_restore(corridor, sight):
    sensors = Sensors(corridor, ERRING, seed=5)
    sensors.read(sight(1, [30, 3], [40, 5], lane_queue=[3, 1]))
    saved = sensors.snapshot()
    results = []
    for _ in range(2):
        sensors.restore(saved)
        sensors.deliver()
        truth = sight(2, [60, 9], [70, 9])
        sensors.read(truth)
        sensors.deliver()
        seen = sensors.observe(truth)
        results.append([np.array(value).tolist() for value in seen])
    assert results[0] == results[1]
    assert results[0][1][0] > 0


def test_presets():
    assert preset(None) == ("typical", PRESETS["typical"])
    misses = [preset(name)[1].miss for name in ("perfect", "good", "typical", "poor")]
    assert misses == sorted(set(misses))
    assert preset(PRESETS["good"])[0] == "good"
    assert preset(Camera(miss=0.3))[0].startswith("Camera(miss=0.3")
    with pytest.raises(InputError, match="sensors 'best': no such preset; there are omniscient, perfect"):
        preset("best")
    with pytest.raises(InputError, match=r"field 'miss': -0\.1 is outside 0 to 0.9"):
        Camera(miss=-0.1)
    with pytest.raises(InputError, match="field 'interval_s': 0"):
        Camera(interval_s=0)
    name, camera = preset("poor:miss=0.1, latency_s=3")
    assert name == "poor:miss=0.1, latency_s=3"
    assert camera == dataclasses.replace(PRESETS["poor"], miss=0.1, latency_s=3)
    for spec, message in (
        ("typical:mis=0.1", "'mis' is no parameter of a camera; did you mean 'miss'?"),
        ("typical:miss=many", "parameter 'miss': 'many' is no number"),
        (
            "typical:latency_s=nan",
            "typical:latency_s=nan': camera, field 'latency_s': nan is outside",
        ),
        ("poor:miss=0.9", "missed or counted twice makes 1.08 of the vehicles, above 0.95; give smaller"),
    ):
        with pytest.raises(InputError, match=re.escape(message)):
            preset(spec)
