"""One crossing with four approaches, and observations made by hand."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from signalsim.engine.build import Road, SignalSpec, make_tables
from signalsim.engine.tables import Tables
from signalsim.sensing.observation import Observation
from signalsim.signals.plan import PlanArrays, always

STAGES = ((1, 5), (0, 4), (3, 7), (2, 6))  # groups: 2 i left, 2 i + 1 straight of approach i
N_LANES, N_MOVEMENTS = 16, 12


def _tables() -> Tables:
    """Links 0-3 in, 4-7 out, two lanes each. Lane 2 i: left turn of approach i; lane 2 i + 1: straight
    (group 2 i + 1) and right (always open). Movements 3 i, 3 i + 1, 3 i + 2: left, straight, right.
    Intergreen 5 s, minimum green 5 s, saturation headway 2 s.
    """
    lanes, movements = np.ones(N_LANES, np.int64), np.ones(N_MOVEMENTS, np.int64)
    watched = np.arange(N_LANES) < 8
    road = Road(
        segment_link=np.arange(8),
        segment_travel_ms=np.full(8, 30_000),
        lane_segment=np.repeat(np.arange(8), 2),
        lane_slots=100 * lanes,
        lane_headway_ms=2000 * lanes,
        lane_wave_ms=80_000 * lanes,
        lane_view_ms=np.where(watched, 8000, 0),
        lane_view_slots=np.where(watched, 26, 0),
        movement_from_link=np.repeat(np.arange(4), 3),
        movement_to_link=np.array([4 + (i + k) % 4 for i in range(4) for k in (1, 2, 3)]),
        movement_group=np.array([g for i in range(4) for g in (2 * i, 2 * i + 1, -1)]),
        movement_traverse_ms=2000 * movements,
        movement_headway_ms=2000 * movements,
        movement_startup_ms=3000 * movements,
        movement_startup2_ms=0 * movements,
        movement_end_gain_ms=2000 * movements,
        movement_gap_ms=0 * movements,
        movement_follow_ms=0 * movements,
        movement_sneakers=0 * movements,
        movement_loss_ms=0 * movements,
        movement_hold_ms=0 * movements,
        movement_rules=0 * movements,
        serves=np.array([(2 * i + (turn > 0), 3 * i + turn) for i in range(4) for turn in range(3)]),
        yields=np.zeros((0, 2), np.int64),
        foes=np.zeros((0, 2), np.int64),
        origins=np.arange(4),
    )
    stage_of = {g: s for s, groups in enumerate(STAGES) for g in groups}
    forbidden = [(a, b) for a in range(8) for b in range(8) if stage_of[a] != stage_of[b]]
    signals = SignalSpec(
        group_junction=np.zeros(8, np.int64),
        group_min_green_ms=np.full(8, 5000),
        group_yellow_ms=np.full(8, 3000),
        group_max_red_ms=np.zeros(8, np.int64),
        stage_junction=np.zeros(4, np.int64),
        stage_mask=np.array([sum(1 << g for g in groups) for groups in STAGES], np.uint64),
        initial_stage=np.array([0]),
        forbidden=np.array(forbidden),
        intergreen=np.array([(a, b, 5000) for a, b in forbidden]),
    )
    return make_tables(road, signals)


@pytest.fixture
def built() -> Any:
    """As much of a built scenario as controllers use; the deployed plan: 20 s for each stage, cycle 100 s."""
    plan = PlanArrays(
        start=np.array([0, 4], np.int32),
        stage=np.arange(4, dtype=np.int32),
        green_ms=np.full(4, 20_000),
        change_ms=np.full(4, 5000),
        cycle_ms=np.array([100_000]),
        offset_ms=np.array([0]),
    )
    index = SimpleNamespace(
        junctions=("J",),
        lanes=tuple(f"L{i}" for i in range(N_LANES)),
        movements=tuple(f"M{i}" for i in range(N_MOVEMENTS)),
        stages=(("A", "B", "C", "D"),),
    )
    return SimpleNamespace(
        tables=_tables(),
        programs={"deployed": always(plan)},
        deployed_name="deployed",
        deployed=plan,
        index=index,
    )


def _observation(now_s: float = 0.0, stage: int = 0, since_s: float = 0.0, **given: Any) -> Observation:
    values: dict[str, Any] = {
        "lane_read_ms": np.full(N_LANES, round(now_s * 1000)),
        "lane_valid": np.arange(N_LANES) < 8,
        "link_in": np.zeros(8),
        "link_in_valid": np.ones(8, bool),
        "movement_count": np.zeros(N_MOVEMENTS),
        "movement_share": np.full(N_MOVEMENTS, 1 / 3),
    }
    for name in ("count", "near", "vehicles", "queue", "arrival_rate"):
        values[f"lane_{name}"] = np.zeros(N_LANES)
    for name, value in given.items():
        values[name] = np.array(value)
        if isinstance(value, dict):
            values[name] = np.zeros(N_LANES)
            values[name][list(value)] = list(value.values())
    return Observation(
        now_ms=round(now_s * 1000),
        stage=np.array([stage], np.int32),
        next_stage=np.array([max(stage, 0)], np.int32),
        stage_since_ms=np.array([round(since_s * 1000)]),
        earliest_switch_ms=np.array([round(since_s * 1000) + 5000]),
        group_called=np.zeros(0, bool),
        **values,
    )


@pytest.fixture
def observation() -> Any:
    """``observation(now_s, stage, since_s, lane_queue={lane: vehicles}, ...)``; what is not given is 0."""
    return _observation


def _decide(policy: Any, seen: Observation) -> tuple[int, float, float]:
    from signalsim.control import make_request

    request = make_request(1)
    policy.decide(seen, np.array([0], np.int32), request)
    stage, switch, following = request
    return int(stage[0]), float(switch[0]) / 1000, float(following[0]) / 1000


@pytest.fixture
def decide() -> Any:
    """``decide(policy, observation)`` -> (stage, switch at s, next decision s) of the one junction."""
    return _decide
