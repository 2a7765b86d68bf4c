"""What cameras report of a known truth."""

import math

import numpy as np
import pytest

from signalsim.errors import InputError
from signalsim.sensing import Camera, Sensors, preset
from signalsim.sensing.presets import PRESETS

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


def test_hidden_vehicles_are_missed_at_the_advance_line_only(corridor, sight):
    camera = Camera(occluded_miss=0.5)
    clear, hidden = Sensors(corridor, camera), Sensors(corridor, camera)
    clear.read(sight(1, [1000, 0], [1000, 0], lane_queue=[5, 0]))  # half of the view: still clear
    hidden.read(sight(1, [1000, 0], [1000, 0], lane_queue=[6, 0]))
    assert _counts(clear)[:2] == ([1000, 0, 0], [1000, 0, 0])
    assert _counts(hidden)[0] == [1000, 0, 0]
    assert abs(_counts(hidden)[1][0] - 500) < 4 * math.sqrt(1000 / 4)


def test_an_outage_counts_nothing_and_says_so(corridor, sight):
    sensors = Sensors(corridor, PRESETS["perfect"])
    for now, working, total in ((1, True, 3), (2, False, 8), (3, False, 9), (4, True, 14)):
        sensors.set_working(np.array([0]), working)
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
