"""One controller, any simulator: built from a network, fed arrays, giving requests; no engine anywhere.

The forty lines of ``drive`` are the example that the README speaks of. The simulator here is a toy of
ten lines: a queue per lane, the same number arriving each second, one vehicle every 2 s of green.
"""

import numpy as np
import pytest

from signalsim.control import get, make_request, prepare
from signalsim.control.layout import junctions
from signalsim.scenario import build, load
from signalsim.sensing.approaches import approaches
from signalsim.sensing.estimation import estimate
from signalsim.sensing.observation import Observation


def drive(scenario, controller: str, seconds: int, arrivals_per_s: np.ndarray) -> np.ndarray:
    """Vehicles that stand at the end, by lane, under a controller in a simulator of one's own."""
    built = build(load(scenario))  # network, signals and plan; nothing is simulated with it
    policy = prepare(get(controller), built)
    road, layout = approaches(built.tables), junctions(built.tables)
    n_junctions, n_lanes = len(built.index.junctions), len(built.index.lanes)
    queue, crossed = np.zeros(n_lanes), np.zeros(n_lanes)
    stage, since = np.zeros(n_junctions, np.int32), np.zeros(n_junctions, np.int64)
    wanted, ready = stage.copy(), np.zeros(n_junctions, np.int64)  # a change is over at ``ready``
    blank, request = estimate(road), make_request(n_junctions)  # fields that this simulator does not know
    for now in range(0, 1000 * seconds, 1000):
        done = (stage < 0) & (ready <= now)
        stage[done], since[done] = wanted[done], now
        least = layout.stage_min_green_ms[layout.first_stage[:-1] + np.maximum(stage, 0)]
        known = {name: getattr(blank, name) for name in Observation._fields if hasattr(blank, name)}
        seen = Observation(
            now_ms=now, stage=stage, next_stage=wanted, stage_since_ms=since,
            earliest_switch_ms=since + least,
            group_called=np.zeros(len(built.tables.signals.group), bool),
            **known | {"lane_queue": queue, "lane_near": queue, "lane_vehicles": queue, "lane_count": crossed,
                       "lane_arrival_rate": arrivals_per_s, "lane_read_ms": np.full(n_lanes, now)},
        )  # fmt: skip
        due = np.flatnonzero(request.next_decision_ms <= now).astype(np.int32)
        policy.decide(seen, due, request)
        for j in due:  # a simulator that is driven for real lets an interlock judge this
            if stage[j] >= 0 and request.stage[j] not in (-1, stage[j]) and now >= since[j] + least[j]:
                n = layout.first_stage[j + 1] - layout.first_stage[j]
                ready[j] = now + layout.change_ms[layout.change_start[j] + stage[j] * n + request.stage[j]]
                wanted[j], stage[j] = request.stage[j], -1
        green = np.zeros(n_lanes, bool)
        for s in layout.first_stage[:-1][stage >= 0] + stage[stage >= 0]:
            green[layout.stage_lane_id[layout.stage_lane[s] : layout.stage_lane[s + 1]]] = True
        out = np.where(green, np.minimum(queue, 0.5), 0.0)
        queue, crossed = queue + arrivals_per_s - out, crossed + out
    return queue


@pytest.mark.parametrize("controller", ["max-pressure", "self-organising", "rolling-horizon"])
def test_a_toy_simulator_is_driven(controller, scenarios):
    built = build(load(scenarios / "crossing"))
    lanes = np.unique(junctions(built.tables).stage_lane_id)
    arrivals = np.zeros(len(built.index.lanes))
    arrivals[lanes] = 0.08
    standing = drive(scenarios / "crossing", controller, 1800, arrivals)
    assert standing.max() < 20  # 144 came to each lane
    fixed = drive(scenarios / "crossing", "deployed", 1800, arrivals)
    assert standing.sum() < fixed.sum()
