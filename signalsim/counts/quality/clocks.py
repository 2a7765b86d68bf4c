"""Clocks of cameras against each other: those that count the same vehicles see the same ups and downs.

What is left of two cameras' counts when the level of the hour is taken out goes together only if both clocks
are right: at the wrong lag there is nothing. So no camera needs to see the same day's course as the others,
which it does not at the edge of a town. Whole days are looked at one by one: a lag from the beginning is an
offset, one that grows is drift, one of an hour that comes or goes is summer time.

An offset under five minutes, or under three quarters of an interval, is not looked for; without a network,
which says how far apart cameras are, none under a quarter of an hour.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np

from signalsim.network import Network

from .findings import ERROR, WARNING, Finding
from .record import Record, link_flow, movement_series, sum_of

MIN_OFFSET_MS, MIN_UNKNOWN_MS = 300_000, 900_000  # the second where distances are not known
MIN_INTERVALS = 72  # of a window
_DAY_MS, _HOUR_MS = 86_400_000, 3_600_000
_MAX_LAG_MS = 13 * _HOUR_MS  # hours mistaken for those of the afternoon, UTC for local time
_NEAR_MS = 1.5 * _HOUR_MS
_SURE_NEAR, _SURE = 4.5, 6.0  # standard errors of a correlation that is none by chance: at a near lag, at any
_BEYOND = 3.0  # by which it exceeds that at the right lag
_MAX_PAIRS, _MAX_LOOKS = 20_000, 100_000  # the second: pairs times windows


class Pair(NamedTuple):
    """Two cameras that count the same vehicles, the second ``travel_ms`` after the first."""

    first: int
    second: int
    before: np.ndarray  # (m,)
    after: np.ndarray  # (m,)
    travel_ms: float


def check_clocks(record: Record, network: Network | None) -> Iterator[Finding]:
    """error: an offset of half an hour or more; warning: less. Needs cameras that count the same vehicles."""
    if not clock_windows(record) or len(record.cameras) < 2:
        return
    pairs = _pairs(record, network)
    windows = clock_windows(record, len(pairs))
    least = max(MIN_OFFSET_MS if network is not None else MIN_UNKNOWN_MS, 0.75 * record.step_ms)
    offset = np.array([_offsets(record, pairs, a, b, least) for a, b in windows])  # (n_windows, n_cameras) ms
    whole = _offsets(record, pairs, 0, record.m, least)
    for camera in range(len(record.cameras)):
        if np.isnan(offset[:, camera]).all():  # no day is enough on its own
            yield from _judge(record, camera, whole[[camera]], [(0, record.m)])
        else:
            yield from _judge(record, camera, offset[:, camera], windows)


def clock_windows(record: Record, n_pairs: int = 1) -> list[tuple[int, int]]:
    """Intervals [a, b) of each look: a day, or more where a day has few intervals or pairs are many."""
    width = max(round(_DAY_MS / record.step_ms), MIN_INTERVALS)
    if record.m < MIN_INTERVALS:
        return []
    n = max(1, min(record.m // width, _MAX_LOOKS // max(n_pairs, 1)))
    edges = np.linspace(0, record.m, n + 1).astype(int).tolist()
    return list(pairwise(edges))


def _pairs(record: Record, network: Network | None) -> list[Pair]:
    if network is None:
        flows = record.camera_count
        n = len(record.cameras)
        ends = ((i, i + apart) for apart in range(1, n) for i in range(n - apart))  # near in name first
        return [Pair(i, j, flows[i], flows[j], 0.0) for i, j in islice(ends, _MAX_PAIRS)]
    counted = movement_series(record, network)
    camera = {name: k for k, name in enumerate(record.cameras)}
    cameras_on: dict[str, set[str]] = defaultdict(set)
    for key in record.keys:
        cameras_on[key.link].add(key.camera)
    into: dict[tuple[str, int], list[int]] = defaultdict(list)
    for movement, series in counted.items():
        for k in series:
            into[record.keys[k].camera, int(network.movement_to[movement])].append(k)
    pairs = []
    for (before, link), series in sorted(into.items()):
        name = network.link.ids[link]
        travel_ms = 1000 * float(network.length_m[link] / network.speed_mps[link])
        for after in sorted(cameras_on[name] - {before}):
            flow = link_flow(record, name)
            pairs.append(Pair(camera[before], camera[after], sum_of(record, series), flow, travel_ms))
    return pairs


def _offsets(record: Record, pairs: list[Pair], a: int, b: int, least: float) -> np.ndarray:
    """(n_cameras,) ms by which each clock is ahead in a window, 0 below ``least``, NaN where nothing tells.

    The camera that most of its pairs speak against is put right first, then the others are looked at anew.
    """
    lags = [(p.first, p.second, *_lag(record, p, a, b)) for p in pairs]
    lags = [lag for lag in lags if lag[3] > 0]
    offset = np.full(len(record.cameras), np.nan)
    for i, j, _, _ in lags:
        offset[[i, j]] = 0.0
    for _ in range(len(record.cameras)):
        votes: dict[int, list[tuple[float, float]]] = defaultdict(list)
        for i, j, lag, weight in lags:
            rest = lag - offset[j] + offset[i]
            votes[j].append((rest, weight))
            votes[i].append((-rest, weight))
        found = [(*_vote(votes[camera], least, record.step_ms), camera) for camera in sorted(votes)]
        best = max(found, key=lambda vote: (vote[0], -vote[2]), default=(0.0, 0.0, 0))
        if best[0] <= 0:
            break
        offset[best[2]] += best[1]
    return np.where(np.abs(offset) < least, np.where(np.isnan(offset), np.nan, 0.0), offset)


def _vote(votes: list[tuple[float, float]], least: float, step: int) -> tuple[float, float]:
    """(how much more weight speaks for one offset than for none, that offset)."""
    against = [vote for vote in votes if abs(vote[0]) >= least]
    if not against:
        return 0.0, 0.0
    best = max(against, key=lambda vote: sum(w for rest, w in against if abs(rest - vote[0]) <= step))
    same = [vote for vote in against if abs(vote[0] - best[0]) <= step]
    weight = sum(w for _, w in same)
    none = sum(w for rest, w in votes if abs(rest) < least)
    return weight - none, sum(rest * w for rest, w in same) / weight


def _lag(record: Record, pair: Pair, a: int, b: int) -> tuple[float, float]:
    """(ms by which the second clock is ahead of the first, weight); weight 0: they have nothing in common."""
    x, y = _residual(pair.before[a:b], record.step_ms), _residual(pair.after[a:b], record.step_ms)
    most = min(round(_MAX_LAG_MS / record.step_ms), (b - a) // 2)
    z = _correlation(x, y, most)
    is_near = np.abs(np.arange(-most, most + 1)) * record.step_ms <= _NEAR_MS
    best = int(np.argmax(np.where(z >= np.where(is_near, _SURE_NEAR, _SURE), z, 0.0)))
    if not z[best] >= (_SURE_NEAR if is_near[best] else _SURE):
        return 0.0, 0.0
    lag = float(best - most)
    if 0 < best < len(z) - 1:  # the top of a parabola through three points
        left, top, right = z[best - 1 : best + 2]
        bend = left - 2 * top + right
        lag += 0.5 * float((left - right) / bend) if bend < 0 else 0.0
    if abs(lag) >= 1.5 and z[best] < float(z[most - 1 : most + 2].max()) + _BEYOND:
        lag = 0.0
    return lag * record.step_ms - pair.travel_ms, float(z[best])


def _residual(count: np.ndarray, step_ms: int) -> np.ndarray:
    """(m,) counts without the level of the hour around them, of equal variance; 0 where there is none."""
    root = 2 * np.sqrt(count + 0.375)  # Anscombe 1948: Poisson counts of any mean get a variance of 1
    known = ~np.isnan(root)
    width = 2 * max(2, round(_HOUR_MS / 2 / step_ms)) + 1
    box = np.ones(width)
    n = np.convolve(known.astype(float), box, "same")
    mean = np.convolve(np.where(known, root, 0.0), box, "same") / np.maximum(n, 1)
    return np.where(known & (n > 2), root - mean, 0.0)


def _correlation(x: np.ndarray, y: np.ndarray, most: int) -> np.ndarray:
    """(2·most + 1,) how far the sum over t of x(t)·y(t + lag) is from 0, in standard errors, by lag."""
    size = 1 << (2 * len(x) - 1).bit_length()

    def sums(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        both = np.fft.irfft(np.conj(np.fft.rfft(u, size)) * np.fft.rfft(v, size), size)
        return np.concatenate([both[-most:] if most else both[:0], both[: most + 1]])

    spread = np.sqrt(np.maximum(sums(x**2, y**2), 1e-9))
    n = sums((x != 0).astype(float), (y != 0).astype(float))
    return np.where(n >= MIN_INTERVALS / 2, sums(x, y) / spread, 0.0)


def _judge(
    record: Record, camera: int, offset: np.ndarray, windows: list[tuple[int, int]]
) -> Iterator[Finding]:
    """What a clock's offsets over the windows mean."""
    seen = np.flatnonzero(~np.isnan(offset))
    wrong = seen[offset[seen] != 0]
    if not len(wrong):
        return
    name = record.cameras[camera]
    first, last = windows[wrong[0]][0], windows[wrong[-1]][1]
    step = offset[seen[1:]] - offset[seen[:-1]]
    tolerance = max(record.step_ms, MIN_OFFSET_MS)
    size = float(np.median(offset[wrong]))
    severity = ERROR if np.abs(offset[wrong]).max() >= _HOUR_MS / 2 else WARNING
    is_steady = np.abs(offset[wrong] - size).max() <= tolerance
    if is_steady and len(wrong) == len(seen):
        kind, text = "clock-offset", f"{_minutes(size)} all the time"
        if abs(abs(size) - _HOUR_MS) <= tolerance:
            text += ": an hour, as of summer time or another zone"
    elif is_steady and abs(abs(size) - _HOUR_MS) <= tolerance:
        kind, text = "summer-time", f"{_minutes(size)} in a part of the record: a change of summer time"
    elif len(seen) > 2 and (np.all(step >= 0) or np.all(step <= 0)) and np.count_nonzero(step) > 1:
        days = (windows[seen[-1]][0] - windows[seen[0]][0]) * record.step_ms / _DAY_MS
        slope = float(offset[seen[-1]] - offset[seen[0]]) / days
        kind, text = "clock-drift", f"{_minutes(float(offset[seen[-1]]))} at the end, {_per_day(slope)}"
    else:
        kind, text = "clock-jump", f"{_minutes(size)} in a part of the record"
    yield Finding(
        kind, severity, name, "", "", record.time_ms(first), record.time_ms(last),
        f"its clock is {text}, as the counts of its neighbours say",
    )  # fmt: skip


def _minutes(ms: float) -> str:
    return f"about {abs(ms) / 60_000:.0f} min {'fast' if ms > 0 else 'slow'}"


def _per_day(ms: float) -> str:
    return f"{'gaining' if ms > 0 else 'losing'} about {abs(ms) / 60_000:.1f} min a day"
