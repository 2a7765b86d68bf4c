"""A corridor: origin link 0 -> junction -> link 1 -> junction -> exit link 2, one lane each."""

from typing import Any

import numpy as np
import pytest

from signalsim.engine.build import Road, SignalSpec, make_tables
from signalsim.engine.surface import Sight
from signalsim.engine.tables import Tables

VIEW_VEH = 10  # storage of the view of lanes 0 and 1


@pytest.fixture
def corridor() -> Tables:
    """30 s per link, of which the last 10 s are in view; movements 0 (link 0 to 1) and 1 (1 to 2)."""
    three, two = np.ones(3, np.int64), np.ones(2, np.int64)
    road = Road(
        segment_link=np.arange(3),
        segment_travel_ms=30_000 * three,
        lane_segment=np.arange(3),
        lane_slots=80 * three,
        lane_headway_ms=2000 * three,
        lane_wave_ms=60_000 * three,
        lane_view_ms=np.array([10_000, 10_000, 0]),
        lane_view_slots=np.array([2 * VIEW_VEH, 2 * VIEW_VEH, 0]),
        movement_from_link=np.array([0, 1]),
        movement_to_link=np.array([1, 2]),
        movement_group=np.array([0, 1]),
        movement_traverse_ms=0 * two,
        movement_headway_ms=2000 * two,
        movement_startup_ms=3000 * two,
        movement_startup2_ms=0 * two,
        movement_end_gain_ms=2000 * two,
        movement_gap_ms=0 * two,
        movement_follow_ms=0 * two,
        movement_sneakers=0 * two,
        movement_loss_ms=0 * two,
        movement_hold_ms=0 * two,
        movement_rules=0 * two,
        serves=np.array([[0, 0], [1, 1]]),
        yields=np.zeros((0, 2), np.int64),
        foes=np.zeros((0, 2), np.int64),
        origins=np.array([0]),
    )
    signals = SignalSpec(
        group_junction=np.array([0, 1]),
        group_min_green_ms=5000 * two,
        group_yellow_ms=3000 * two,
        group_max_red_ms=0 * two,
        stage_junction=np.array([0, 1]),
        stage_mask=np.ones(2, np.uint64),
        initial_stage=np.zeros(2, np.int64),
        forbidden=np.zeros((0, 2), np.int64),
        intergreen=np.zeros((0, 3), np.int64),
    )
    return make_tables(road, signals)


def _sight(now_s: float, out: list[int], advance: list[int], **others: Any) -> Sight:
    lanes = np.zeros(3, np.int32)
    values: dict[str, Any] = {
        "now_ms": round(now_s * 1000),
        "lane_vehicles": lanes,
        "lane_queue": lanes,
        "lane_out": np.array([*out, 0], np.int64),
        "lane_advance": np.array([*advance, 0], np.int64),
        "movement_out": np.array(out, np.int64),
        "lane_out_long": np.zeros(3, np.int64),
        "lane_advance_long": np.zeros(3, np.int64),
        "movement_out_long": np.zeros(2, np.int64),
        "source_waiting": np.zeros(1, np.int32),
        "stage": np.zeros(2, np.int32),
        "next_stage": np.zeros(2, np.int32),
        "stage_since_ms": np.zeros(2, np.int64),
        "earliest_switch_ms": np.zeros(2, np.int64),
        "stage_ms": np.zeros(4, np.int64),
        "group_green": np.ones(2, bool),
        "group_called": np.zeros(2, bool),
    }
    for name, value in others.items():
        values[name] = np.array([*value, 0], values[name].dtype)
    return Sight(**values)


@pytest.fixture
def sight() -> Any:
    """``sight(now_s, out, advance, lane_queue=...)``: a truth for lanes 0 and 1."""
    return _sight
