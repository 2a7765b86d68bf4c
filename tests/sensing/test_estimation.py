"""What the estimator makes of readings whose truth is known."""

import itertools
import math

import numpy as np
import pytest
from support.looking import Looking

from signalsim.scenario.cameras import PRESETS
from signalsim.sensing import Camera, Sensors
from signalsim.simulation import Watch, simulate


def _see(sensors, truth):
    sensors.read(truth)
    sensors.deliver()
    return sensors.observe(truth)


def test_perfect_counts_give_true_vehicles(corridor, sight):
    sensors = Sensors(corridor, PRESETS["perfect"])
    for now, out, advance, queue in (
        (0, [0, 0], [0, 0], [0, 0]),
        (1, [2, 0], [6, 0], [3, 0]),
        (2, [5, 1], [9, 3], [1, 2]),
        (3, [9, 1], [9, 5], [0, 4]),
    ):
        seen = _see(sensors, sight(now, out, advance, lane_queue=queue))
        assert seen.lane_near[:2].tolist() == [a - o for a, o in zip(advance, out, strict=True)]
        assert seen.lane_count[:2].tolist() == out
        assert seen.movement_count.tolist() == out
        assert seen.lane_queue[:2].tolist() == queue
        # link 1: what link 0 sent and has not left yet
        assert seen.lane_vehicles[1] == out[0] - out[1]
        assert seen.link_in.tolist() == [0, out[0], out[1]]


def test_an_unwatched_exit_empties_with_its_travel_time(corridor, sight):
    sensors = Sensors(corridor, PRESETS["perfect"])
    _see(sensors, sight(0, [0, 0], [0, 0]))
    seen = _see(sensors, sight(1, [0, 10], [0, 10]))
    assert seen.lane_vehicles[2] == 10
    seen = _see(sensors, sight(31, [0, 10], [0, 10]))
    assert seen.lane_vehicles[2] == pytest.approx(10 / math.e, rel=1e-12)
    assert seen.lane_valid.tolist() == [True, True, False]


def test_arrival_rate_of_a_steady_stream(corridor, sight):
    sensors = Sensors(corridor, PRESETS["perfect"])
    for now in range(601):
        seen = _see(sensors, sight(now, [now // 5, 0], [now // 5, 0]))
    # one vehicle per 5 s: the smoothed rate stays within one vehicle over the smoothing time
    assert abs(seen.lane_arrival_rate[0] - 0.2) < 1 / 120


def test_a_full_view_does_not_teach_the_arrival_rate(corridor, sight):
    sensors = Sensors(corridor, PRESETS["perfect"])
    _see(sensors, sight(0, [0, 0], [0, 0]))
    rate = _see(sensors, sight(10, [0, 0], [4, 0], lane_queue=[4, 0])).lane_arrival_rate[0]
    assert rate == pytest.approx(0.4)
    for now, advance in ((20, 10), (30, 10), (40, 10)):
        seen = _see(sensors, sight(now, [0, 0], [advance, 0], lane_queue=[advance, 0]))
        assert seen.lane_arrival_rate[0] == rate


def test_a_queue_longer_than_the_view_is_carried_on_at_the_last_rate(corridor, sight):
    sensors = Sensors(corridor, PRESETS["perfect"])
    _see(sensors, sight(0, [0, 0], [0, 0]))
    _see(sensors, sight(10, [0, 0], [4, 0], lane_queue=[4, 0]))
    queue = []
    for now in range(20, 81, 10):
        queue.append(_see(sensors, sight(now, [0, 0], [10, 0], lane_queue=[10, 0])).lane_queue[0])
    # 0.4 veh/s keep coming to a view that takes no more
    assert [b - a for a, b in itertools.pairwise(queue[2:])] == pytest.approx([4.0] * 4)
    assert queue[-1] > 20


def test_upstream_counts_tell_the_queue_beyond_the_view(corridor, sight):
    sensors = Sensors(corridor, PRESETS["perfect"])
    _see(sensors, sight(0, [0, 0], [0, 0]))
    for now in range(10, 301, 10):  # link 0 sends one vehicle per 10 s; link 1 lets none out
        sent = now // 10
        seen = _see(sensors, sight(now, [sent, 0], [sent, min(sent, 10)], lane_queue=[0, min(sent, 10)]))
    assert seen.lane_vehicles[1] == 30
    # of the 20 beyond the view 2 are under way (0.1 veh/s over 20 s)
    assert seen.lane_queue[1] == pytest.approx(10 + 18, abs=0.1)


def test_erring_balances_return_to_what_the_queue_channel_shows(corridor, sight):
    sensors = Sensors(corridor, Camera(miss=0.3), seed=1)
    _see(sensors, sight(0, [0, 0], [0, 0]))
    seen = _see(sensors, sight(1, [0, 0], [8, 0], lane_queue=[3, 0]))
    assert 3 <= seen.lane_near[0] <= 10
    for now in range(2, 120):
        seen = _see(sensors, sight(now, [0, 0], [8, 0], lane_queue=[3, 0]))
    assert seen.lane_near[0] == pytest.approx(3.0, abs=1e-3)


def test_counts_are_corrected_for_the_average_error(corridor, sight):
    n = 100_000
    sensors = Sensors(corridor, Camera(miss=0.2, double=0.05), seed=4)
    seen = _see(sensors, sight(1, [n, 0], [n, 0]))
    error = math.sqrt((0.75 + 4 * 0.05 - 0.85**2) / n) / 0.85
    assert abs(seen.lane_count[0] / n - 1) < 4 * error
    assert seen.lane_count[0] != n


def test_omniscient_shows_the_truth_of_this_moment(corridor, sight):
    sensors = Sensors(corridor, PRESETS["omniscient"])
    sensors.read(sight(0, [0, 0], [0, 0]))
    sensors.deliver()
    seen = sensors.observe(sight(0.7, [1, 2], [6, 2], lane_queue=[4, 0], lane_vehicles=[9, 3]))
    assert seen.lane_vehicles.tolist() == [9, 3, 0]
    assert seen.lane_queue.tolist() == [4, 0, 0]
    assert seen.lane_near.tolist() == [5, 0, 0]
    assert not seen.lane_age_ms.any()
    assert seen.lane_valid.all()


def test_what_an_outage_overlooked_is_forgotten(corridor, sight):
    sensors = Sensors(corridor, PRESETS["perfect"])
    for now in range(0, 400, 10):  # one vehicle per 10 s through both links, 3 in each all the time
        sensors.change(np.array([not 100 <= now < 200, True, True]))  # link 0, which announces to link 1
        sent = now // 10
        seen = _see(sensors, sight(now, [sent, max(0, sent - 3)], [sent, max(0, sent - 1)]))
        if now == 150:
            # nothing is announced, but what comes into view of link 1 says how much is under way
            assert seen.lane_valid.tolist() == [False, True, False]
            assert seen.lane_vehicles[1] == pytest.approx(4, abs=1)
    assert seen.lane_vehicles[1] == pytest.approx(3, abs=1)


def test_an_outage_of_its_own_camera_does_not_bias_a_link_for_ever(corridor, sight):
    sensors = Sensors(corridor, PRESETS["perfect"])
    for now in range(0, 400, 10):
        sensors.change(np.array([True, not 100 <= now < 300, True]))
        sent = now // 10
        out = max(0, sent - 3) if now < 100 else sent  # while nobody looks the link empties
        seen = _see(sensors, sight(now, [sent, out], [sent, max(out, sent - 1)]))
    assert seen.lane_valid.tolist() == [True, True, False]
    assert 0 <= seen.lane_vehicles[1] < 4


def test_a_lane_that_nobody_sees_goes_on_by_its_rate_and_its_green(corridor, sight):
    sensors = Sensors(corridor, PRESETS["perfect"])
    for now in range(0, 500, 10):  # a vehicle per 10 s comes and leaves
        seen = _see(sensors, sight(now, [now // 10, 0], [now // 10, 0]))
    rate = seen.lane_arrival_rate[0]
    sensors.change(np.array([False, True, True]))
    queue = []
    for now, green in ((500, False), (530, False), (560, True), (570, True), (660, True)):
        truth = sight(now, [0, 0], [0, 0])._replace(group_green=np.array([green, True]))
        queue.append(_see(sensors, truth).lane_queue[0])
    # it grows at the rate of the last reading, and leaves with the saturation headway of 2 s at green
    waited = [10 * rate, 40 * rate]
    assert queue == pytest.approx([*waited, max(0, 70 * rate - 15), max(0, 70 * rate - 15), 0], abs=1e-9)
    seen = sensors.observe(truth)
    assert not seen.lane_valid[0] and seen.lane_age_ms[0] == 660_000 - 490_000
    assert seen.link_in_valid.tolist() == [False, False, True]  # link 0 announces to link 1


def test_corrected_counts_of_a_whole_run_err_as_theory_says(scenarios):
    """Outflow and arrivals of all lanes at the crossing: sum of independent errors of each vehicle."""
    camera = Camera(miss=0.15, double=0.03, queue_error=0.3)  # a reading each second, at once
    counted, variance = 0.88, 0.82 + 4 * 0.03 - 0.88**2  # of 0, 1 or 2 per vehicle
    shown, truth = [], {}

    def look(sight):
        seen = shown[-1]  # whose arrays are brought up to date in place
        watched = seen.lane_valid
        truth["out"] = sight.lane_out[watched].sum(), seen.lane_count[watched].sum()
        truth["turns"] = sight.movement_out.sum(), seen.movement_count.sum()

    simulate(
        scenarios / "crossing", Looking(shown.append), sensors=camera, seed=3, watch=Watch([3_600_000], look)
    )
    for true, estimated in truth.values():
        assert true > 2000 and abs(estimated - true) < 4 * math.sqrt(true * variance) / counted
        assert estimated != true
