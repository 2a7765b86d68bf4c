"""The channel of calls: late by at most 0.2 s, wrong by the camera's rates, never for ever."""

import numpy as np
import pytest

from signalsim.engine.detectors import LINE, ZONE, Detectors, empty_cabinet
from signalsim.engine.tables import INF
from signalsim.scenario.cameras import PRESETS
from signalsim.sensing.calls import LATEST_MS, LOOK_AGAIN_MS, CallChannel, Rates, rates

KEY = np.uint64(12345)


def channel(
    kind: int = ZONE, n: int = 1, miss: float = 0.0, double: float = 0.0, latency_ms: int = 0
) -> CallChannel:
    each = lambda value: np.full(n, value, np.int32)  # noqa: E731
    detectors = Detectors(
        np.arange(n, dtype=np.int32), each(kind), each(900), each(400), each(20), np.full(n, 12.0)
    )
    return CallChannel(detectors, Rates(KEY, miss, double, latency_ms))


def cabinet(now: int, on_ms: int = INF, last_ms: int = -INF, passed: int = 0, n: int = 1):
    seen = empty_cabinet(n, 0, 0)._replace(now_ms=now)
    seen.on_ms[:], seen.last_ms[:], seen.passed[:] = on_ms, last_ms, passed
    return seen


def test_a_vehicle_is_over_the_zone_until_its_rear_has_left_it() -> None:
    zone = channel()
    shown = zone.read(cabinet(5000, on_ms=4000))
    assert shown.on[0] and shown.on_ms[0] == 4000 and shown.last_ms[0] == 5000
    shown = zone.read(cabinet(6200, last_ms=6000, passed=1))
    assert shown.on[0]  # until 6400
    shown = zone.read(cabinet(6400, last_ms=6000, passed=1))
    assert not shown.on[0] and shown.last_ms[0] == 6400 and shown.passed[0] == 1


def test_who_came_and_went_between_two_readings_is_known_to_the_millisecond() -> None:
    zone = channel()
    zone.read(cabinet(0))
    shown = zone.read(cabinet(9000, last_ms=4321, passed=2))
    assert not shown.on[0] and shown.last_ms[0] == 4721 and shown.passed[0] == 2


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_a_call_is_never_older_than_a_fifth_of_a_second(preset: str) -> None:
    of = rates(PRESETS[preset], 0, 0)
    assert of.latency_ms <= LATEST_MS
    zone = channel(latency_ms=of.latency_ms)
    assert not zone.read(cabinet(1000 + of.latency_ms - 1, on_ms=1000)).on[0]
    assert zone.read(cabinet(1000 + of.latency_ms, on_ms=1000)).on[0]


def test_a_line_tells_passages_when_they_are_known() -> None:
    line = channel(LINE, latency_ms=200)
    assert line.read(cabinet(1100, last_ms=1000, passed=1)).passed[0] == 0
    shown = line.read(cabinet(1200, last_ms=1000, passed=1))
    assert shown.passed[0] == 1 and shown.last_ms[0] == 1200 and not shown.on[0]


def test_who_is_missed_and_stands_is_seen_in_the_end() -> None:
    n = 2000
    zone = channel(n=n, miss=0.5)
    share = [zone.read(cabinet(1000 + k * LOOK_AGAIN_MS, on_ms=1000, n=n)).on.mean() for k in range(4)]
    for k, seen in enumerate(share):
        expected = 1 - 0.5 ** (k + 1)
        assert abs(seen - expected) < 4 * np.sqrt(expected * (1 - expected) / n)
    assert zone.read(cabinet(1000 + 21 * LOOK_AGAIN_MS, on_ms=1000, n=n)).on.all()


def test_misses_and_doubles_are_counted_and_repeat() -> None:
    n, vehicles = 50, 2000
    once, often = (channel(n=n, miss=0.1, double=0.03) for _ in range(2))
    for k in range(1, 11):
        often.read(cabinet(1000 * k, last_ms=900 * k, passed=vehicles * k // 10, n=n))
    first = once.read(cabinet(10_000, last_ms=9000, passed=vehicles, n=n)).passed
    assert (first == often._passed).all()
    variance = 0.1 * 0.9 + 0.03 * 0.97 + 2 * 0.1 * 0.03  # of 0, 1 or 2 per vehicle about 0.93
    assert abs(first.mean() / vehicles - 0.93) < 4 * np.sqrt(variance / (n * vehicles))


def test_a_camera_that_does_not_work_calls_for_ever() -> None:
    zone = channel()
    zone.working[:] = False
    shown = zone.read(cabinet(5000))
    assert shown.on[0] and shown.last_ms[0] == 5000
    zone.working[:] = True
    assert not zone.read(cabinet(9000)).on[0]
