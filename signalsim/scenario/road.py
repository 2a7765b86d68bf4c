"""From metres, km/h and seconds to the engine's columns."""

from typing import NamedTuple

import numpy as np

from signalsim.engine.tables import ENTERS, ON_RED, STOPS, TAKES_TURNS
from signalsim.network import Defaults, Network
from signalsim.signals import SignalSystem


class Lanes(NamedTuple):
    """The engine's lanes and segments. A bay's mouth splits its link where the longest bay begins."""

    segment_link: np.ndarray  # (n_segments,)
    segment_length_m: np.ndarray  # (n_segments,)
    segment: np.ndarray  # (n_lanes,)
    link: np.ndarray  # (n_lanes,)
    number: np.ndarray  # (n_lanes,) as in the input
    length_m: np.ndarray  # (n_lanes,) storage length: a short bay is shorter than its segment
    at_stop: np.ndarray  # (n_lanes,) bool


def split_lanes(network: Network) -> Lanes:
    """Segments by (link, upstream first), lanes by segment and from the left."""
    segment_link: list[int] = []
    segment_length: list[float] = []
    rows: list[tuple[int, int, int, float, bool]] = []
    full_lanes = network.link.numbers("lanes")
    for link, length in enumerate(network.length_m.tolist()):
        bays = {n: network.bays[link, n] for n in network.lane_numbers(link) if (link, n) in network.bays}
        mouth = max(bays.values(), default=length)
        if bays:
            rows += [
                (len(segment_link), link, n, length - mouth, False)
                for n in range(1, int(full_lanes[link]) + 1)
            ]
            segment_link.append(link)
            segment_length.append(length - mouth)
        rows += [(len(segment_link), link, n, bays.get(n, mouth), True) for n in network.lane_numbers(link)]
        segment_link.append(link)
        segment_length.append(mouth)
    segment, lane_link, number, lane_length, at_stop = zip(*rows, strict=True)
    return Lanes(
        np.array(segment_link, np.int32),
        np.array(segment_length),
        np.array(segment, np.int32),
        np.array(lane_link, np.int32),
        np.array(number, np.int32),
        np.array(lane_length),
        np.array(at_stop, bool),
    )


def served(network: Network, lanes: Lanes) -> tuple[np.ndarray, np.ndarray]:
    """(lane, movement) pairs of the stop line, and those upstream of bays.

    Upstream, a movement from a bay is served by the full lane beside it.
    """
    place = {
        (int(link), int(n), bool(stop)): i
        for i, (link, n, stop) in enumerate(zip(lanes.link, lanes.number, lanes.at_stop, strict=True))
    }
    stop_line: list[tuple[int, int]] = []
    upstream: list[tuple[int, int]] = []
    full_lanes = network.link.numbers("lanes")
    for movement, link in enumerate(network.movement_from.tolist()):
        for number in network.movement_lanes(movement):
            stop_line.append((place[link, number, True], movement))
            beside = min(max(number, 1), int(full_lanes[link]))
            if (link, beside, False) in place:
                upstream.append((place[link, beside, False], movement))
    return _pairs(stop_line), _pairs(upstream)


def _pairs(pairs: list[tuple[int, int]]) -> np.ndarray:
    return np.array(sorted(set(pairs)), np.int32).reshape(-1, 2)


def up_ms(seconds: np.ndarray) -> np.ndarray:
    """Seconds to int32 ms, rounded up (but not for a rounding error of floating point)."""
    return np.ceil(1000 * np.asarray(seconds) - 1e-6).astype(np.int32)


def slots(length_m: np.ndarray, jam_pcupm: np.ndarray) -> np.ndarray:
    """Whole half-car slots of a lane; at least two, so that a car fits."""
    return np.maximum(np.floor(2 * length_m * jam_pcupm + 1e-9), 2).astype(np.int32)


def road_columns(network: Network, signals: SignalSystem, lanes: Lanes) -> dict[str, np.ndarray]:
    """Fields of the engine's ``Road`` that belong to segments and lanes."""
    link = lanes.link
    flow, jam, speed = network.saturation_pcuph / 3600, network.jam_pcupm, network.speed_mps
    wave_mps = flow / (jam - flow / speed)
    is_signalised = np.isin(network.link_to, signals.junction_node)
    has_camera = lanes.at_stop & is_signalised[link]
    view_m = np.where(has_camera, np.minimum(network.defaults.camera_view_m, lanes.length_m), 0.0)
    return {
        "segment_link": lanes.segment_link,
        "segment_travel_ms": up_ms(lanes.segment_length_m / speed[lanes.segment_link]),
        "lane_segment": lanes.segment,
        "lane_slots": slots(lanes.length_m, jam[link]),
        "lane_headway_ms": np.round(1000 / flow[link]).astype(np.int32),
        "lane_wave_ms": up_ms(lanes.length_m / wave_mps[link]),
        "lane_view_ms": up_ms(view_m / speed[link]),
        "lane_view_slots": np.where(has_camera, slots(view_m, jam[link]), 0).astype(np.int32),
    }


def saturation_pcuph(network: Network) -> np.ndarray:
    """(n_movements,) saturation flow per lane, pcu/h: given, or the link's by turn."""
    d = network.defaults
    factor = {"left": d.left_factor, "uturn": d.left_factor, "right": d.right_factor, "thru": 1.0}
    by_turn = network.saturation_pcuph[network.movement_from] * _by_turn(network, factor)
    return _given(network, "opt_saturation_flow", by_turn)


def _by_turn(network: Network, values: dict[str, float]) -> np.ndarray:
    return np.array([values[kind] for kind in network.movement_role], float)


def _given(network: Network, column: str, default: np.ndarray | float) -> np.ndarray:
    values = network.movement.numbers(column)
    return np.where(np.isnan(values), default, values)


def _gaps(network: Network, is_signalised: np.ndarray, d: Defaults) -> tuple[np.ndarray, np.ndarray]:
    """Critical gap and follow-up time, s: permissive at a signal, or as a minor stream without one.

    A right turn has the minor street's gap in both cases.
    """
    protected = {
        "left": (d.left_gap_s, d.left_follow_s),
        "thru": (d.minor_through_gap_s, d.minor_through_follow_s),
    }
    minor = {"left": (d.minor_left_gap_s, d.minor_left_follow_s), "thru": protected["thru"]}
    for table in (protected, minor):
        table["right"] = (d.minor_right_gap_s, d.minor_right_follow_s)
        table["uturn"] = table["left"]
    pick = lambda k: np.where(  # noqa: E731
        is_signalised,
        _by_turn(network, {kind: pair[k] for kind, pair in protected.items()}),
        _by_turn(network, {kind: pair[k] for kind, pair in minor.items()}),
    )
    gap, follow = pick(0), pick(1)
    for where, own_gap, own_follow in (
        (network.enters_roundabout, d.roundabout_gap_s, d.roundabout_follow_s),
        (network.all_way, d.all_way_gap_s, d.all_way_headway_s),
    ):
        gap, follow = np.where(where, own_gap, gap), np.where(where, own_follow, follow)
    return _given(network, "opt_gap_s", gap), _given(network, "opt_follow_s", follow)


def movement_columns(network: Network, signals: SignalSystem) -> dict[str, np.ndarray]:
    """Fields of the engine's ``Road`` that belong to movements."""
    d = network.defaults
    group = signals.movement_group
    is_signalised = group >= 0
    yellow = signals.yellow_s[np.maximum(group, 0)] if len(signals.groups) else np.zeros(len(group))
    path = _given(
        network, "opt_path_m",
        _by_turn(network, {"left": d.left_path_m, "uturn": d.left_path_m, "right": d.right_path_m,
                           "thru": d.through_path_m}),
    )  # fmt: skip
    speed = _crossing_mps(network)
    headway = 3600 / saturation_pcuph(network)
    start_s = speed / (2 * d.acceleration)  # what it takes to be at speed from a standstill
    first, second = _starts(network, headway, start_s)
    end_gain = np.minimum(_given(network, "opt_end_gain_s", d.end_gain_s), yellow)
    gap, follow = _gaps(network, is_signalised, d)
    stop_s = network.speed_mps[network.movement_from] / (2 * d.comfortable_deceleration) + d.stop_s
    gives_way = np.zeros(len(group), bool)
    gives_way[signals.live_yields[:, 0]] = True
    turns_left = np.array([kind in ("left", "uturn") for kind in network.movement_role], bool)
    zero = np.zeros(len(group), np.int32)
    as_ms = lambda seconds: np.round(1000 * seconds).astype(np.int32)  # noqa: E731
    return {
        "movement_from_link": network.movement_from,
        "movement_to_link": network.movement_to,
        "movement_group": group,
        "movement_traverse_ms": up_ms(path / speed + _slowing_s(network, speed)),
        "movement_headway_ms": as_ms(headway),
        "movement_startup_ms": as_ms(first),
        "movement_startup2_ms": as_ms(second) - as_ms(headway),
        "movement_end_gain_ms": as_ms(np.where(is_signalised, end_gain, 0)),
        "movement_gap_ms": as_ms(gap),
        "movement_follow_ms": as_ms(follow),
        "movement_sneakers": np.where(
            is_signalised & gives_way & turns_left, round(d.left_sneakers), zero
        ).astype(np.int32),
        "movement_loss_ms": as_ms(start_s),
        "movement_hold_ms": as_ms(np.where(network.must_stop | network.on_red, stop_s, 0)),
        "movement_rules": _rules(network),
    }


def _starts(network: Network, headway: np.ndarray, start_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(start of green to the first crossing, first to second crossing), s.

    The start-up lost time is what the queue as a whole is late: crossings that are at speed come at
    lost time + headway / 2, and a headway after each other. The first one crosses when its driver has
    reacted, and is at speed ``start_s`` later: by no more than that is it ahead of the others.
    """
    d = network.defaults
    at_speed = _given(network, "opt_start_up_loss_s", d.start_up_loss_s) + headway / 2
    first = np.maximum(at_speed - start_s, np.minimum(at_speed, d.start_reaction_s))
    first = _given(network, "opt_first_headway_s", first)
    second = headway + np.clip(at_speed - first, 0, start_s)
    return first, _given(network, "opt_second_headway_s", second)


def _rules(network: Network) -> np.ndarray:
    """(n_movements,) int32, the engine's bits."""
    given = (
        (STOPS, network.must_stop),
        (TAKES_TURNS, network.all_way),
        (ON_RED, network.on_red),
        (ENTERS, ~network.keeps_clear),
    )
    return sum(bit * has.astype(np.int32) for bit, has in given)  # type: ignore[return-value]


def _crossing_mps(network: Network) -> np.ndarray:
    """(n_movements,) speed across the junction, m/s."""
    d = network.defaults
    turning = {"left": d.left_speed_kmh, "uturn": d.left_speed_kmh, "right": d.right_speed_kmh, "thru": 1e9}
    free_kmh = network.speed_mps[network.movement_from] * 3.6
    return _given(network, "opt_speed_kmh", np.minimum(_by_turn(network, turning), free_kmh)) / 3.6


def _slowing_s(network: Network, speed: np.ndarray) -> np.ndarray:
    """(n_movements,) s lost by braking to the ``speed`` of a turn and by accelerating again behind it:
    (v - u)^2 / (2 b v) and (v - u)^2 / (2 a v), as uniform acceleration gives them."""
    before, after = (network.speed_mps[ends] for ends in (network.movement_from, network.movement_to))
    braking = np.maximum(before - speed, 0) ** 2 / (2 * network.defaults.comfortable_deceleration * before)
    return braking + np.maximum(after - speed, 0) ** 2 / (2 * network.defaults.acceleration * after)
