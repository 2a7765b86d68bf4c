"""What the estimator makes of cameras, beside the truth: error and bias of queue, arrivals, outflow, shares.

The deployed plan runs, which looks at no camera, so all presets meet the same traffic. Every 10 s of the
demand window what a controller would be shown is held against what there is at that moment: the delay of
the feed is part of the error. A row with an outage is of the lanes whose cameras are out, while they are.

    python benchmarks/estimator.py [--replications 5] [--quick] [--json]

queue       vehicles that stand, per lane at the stop line (beyond the camera's view too)
in view     vehicles between advance line and stop line, per lane
on the link vehicles on the whole link
arrivals    vehicles an hour over the advance line, per lane, in windows of 5 minutes
outflow     the same over the stop line
shares      of a link's movements among those who left it of late, percentage points
"""

import argparse
import json
import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from signalsim.control import get, prepare
from signalsim.scenario import build, load, with_outages
from signalsim.sensing.approaches import approaches
from signalsim.sensing.estimation import SHARE_S
from signalsim.simulation import Watch, simulate

SCENARIOS = Path(__file__).parent.parent / "scenarios"
PRESETS = ("perfect", "good", "typical", "poor")
STEP_S, WINDOW_S = 10, 300
LEAST_VEH = 20.0  # fewer of late on a link say nothing about shares


class Place(NamedTuple):
    """A scenario, and what fails in it."""

    title: str
    scenario: str
    out: str = ""  # ids
    begin_s: int = 0
    end_s: int = 0


PLACES = (
    Place("intersection", "crossing"),
    Place("network", "hangzhou"),
    Place("intersection, one camera out", "crossing", "W_in", 1500, 2100),
    Place("network, a district out", "hangzhou", "J22,J23,J32,J33", 1500, 2100),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replications", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="the intersection alone, twice")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    places = PLACES[::2] if given.quick else PLACES
    n = 2 if given.quick else given.replications
    rows = [row for place in places for preset in PRESETS for row in rows_of(place, preset, n)]
    print(json.dumps(rows, indent=2) if given.json else table(rows))


def rows_of(place: Place, preset: str, replications: int) -> Iterator[dict[str, Any]]:
    """A row per quantity: mean truth, bias with its standard error over replications, root mean square."""
    scenario = load(SCENARIOS / place.scenario)
    if place.out:
        scenario = with_outages(scenario, [f"{place.begin_s}-{place.end_s}:{place.out}"])
    built = build(scenario)
    runs = [quantities(built, place, preset, replication) for replication in range(replications)]
    for name in runs[0]:
        pairs = [run[name] for run in runs]
        bias = np.array([(estimate - truth).mean() for estimate, truth in pairs])
        square = np.mean([((estimate - truth) ** 2).mean() for estimate, truth in pairs])
        yield {
            "place": place.title,
            "cameras": preset,
            "quantity": name,
            "truth": float(np.mean([truth.mean() for _, truth in pairs])),
            "bias": float(bias.mean()),
            "standard_error": float(bias.std(ddof=1) / math.sqrt(len(bias))) if len(bias) > 1 else math.nan,
            "rms_error": math.sqrt(square),
        }


def quantities(built: Any, place: Place, preset: str, replication: int) -> dict[str, Any]:
    """Name -> (estimates, truths), arrays of one shape."""
    horizon = built.scenario.horizon
    begin = place.begin_s or int(horizon.warm_up_s)
    end = place.end_s or int(horizon.warm_up_s + horizon.demand_s)
    seeing, truths = Seeing(), {}
    times = range(0, end + 1, STEP_S)

    def look(sight: Any) -> None:
        truths[sight.now_ms] = {name: getattr(sight, name).copy() for name in TRUE}

    watch = Watch([1000 * t for t in times], look)
    simulate(built, seeing, seed=1, replication=replication, sensors=preset, watch=watch)
    seen = {n: np.array([seeing.rows[1000 * t][n] for t in times]) for n in ESTIMATED}
    true = {n: np.array([truths[1000 * t][n] for t in times]) for n in TRUE}
    road = approaches(built.tables)
    lanes, links = road.lane_seen, road.link_seen
    if place.out:
        ids = [built.index.junctions.index(i) for i in place.out.split(",") if i in built.index.junctions]
        links = np.isin(built.index.link_junction, ids) if ids else np.array(built.index.links) == place.out
        lanes = lanes & links[road.lane_link]
    rows = slice(begin // STEP_S + 1, end // STEP_S + 1)
    found = {
        "queue": (seen["lane_queue"][rows, lanes], true["lane_queue"][rows, lanes]),
        "in view": (
            seen["lane_near"][rows, lanes],
            (true["lane_advance"] - true["lane_out"])[rows, lanes],
        ),
        "on the link": tuple(
            _by_link(one["lane_vehicles"][rows], road.lane_link, len(links))[:, links] for one in (seen, true)
        ),
        "arrivals": (
            _mean_rates(seen["lane_arrival_rate"], begin, end)[:, lanes],
            _flows(true["lane_advance"], begin, end)[:, lanes],
        ),
        "shares": _shares(road, seen["movement_share"], true["movement_out"], end, links),
    }
    if not place.out:  # what nobody sees is not counted
        found["outflow"] = tuple(
            _flows(one[name], begin, end)[:, lanes]
            for one, name in ((seen, "lane_count"), (true, "lane_out"))
        )
    return found


TRUE = ("lane_queue", "lane_vehicles", "lane_out", "lane_advance", "movement_out")
ESTIMATED = ("lane_queue", "lane_near", "lane_vehicles", "lane_arrival_rate", "lane_count", "movement_share")


class Seeing:
    """The deployed plan, and somebody beside it who writes down what cameras and estimator show."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, np.ndarray]] = {}

    def prepare(self, built: Any) -> "_SeeingPolicy":
        return _SeeingPolicy(self, prepare(get("deployed"), built))


class _SeeingPolicy:
    needs_sensing = True

    def __init__(self, owner: Seeing, plan: Any) -> None:
        self._owner, self._plan = owner, plan

    def decide(self, observation: Any, due: np.ndarray, request: Any) -> None:
        if len(due) == 0:  # before the run
            return
        now, step_ms = observation.now_ms, 1000 * STEP_S
        self._owner.rows[now] = {name: getattr(observation, name).copy() for name in ESTIMATED}
        self._plan.decide(observation, due, request)
        soon = (now // step_ms + 1) * step_ms
        request.next_decision_ms[due] = np.minimum(request.next_decision_ms[due], soon)


def _by_link(values: np.ndarray, lane_link: np.ndarray, n_links: int) -> np.ndarray:
    """(n_times, n_links) sums over lanes."""
    total = np.zeros((len(values), n_links))
    np.add.at(total.T, lane_link, values.T)
    return total


def _flows(count: np.ndarray, begin: int, end: int) -> np.ndarray:
    """(n_windows, n_lanes) vehicles an hour, from counts since the start."""
    edges = np.arange(begin, end + 1, WINDOW_S) // STEP_S
    return np.diff(count[edges], axis=0) * (3600 / WINDOW_S)


def _mean_rates(rate: np.ndarray, begin: int, end: int) -> np.ndarray:
    """(n_windows, n_lanes) vehicles an hour, from rates in veh/s."""
    edges = np.arange(begin, end + 1, WINDOW_S) // STEP_S
    return 3600 * np.array([rate[a + 1 : b + 1].mean(axis=0) for a, b in pairwise(edges)])


def _shares(
    road: Any, seen: np.ndarray, crossed: np.ndarray, end: int, links: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Percentage points at the end, among those who left of late: faded as the estimator fades them."""
    recent, fade = np.zeros(crossed.shape[1]), math.exp(-STEP_S / SHARE_S)
    for step in np.diff(crossed[: end // STEP_S + 1], axis=0):
        recent = recent * fade + step
    total = np.bincount(road.movement_from, recent, len(links))[road.movement_from]
    several = np.bincount(road.movement_from, minlength=len(links))[road.movement_from] > 1
    shown = links[road.movement_from] & several & (total >= LEAST_VEH)
    return 100 * seen[end // STEP_S, shown], 100 * recent[shown] / total[shown]


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text."""
    lines = [f"{'':30}{'cameras':9}{'quantity':13}{'truth':>9}{'bias':>9}{'± s.e.':>9}{'rms':>9}"]
    for row in rows:
        figures = "".join(f"{row[name]:9.2f}" for name in ("truth", "bias", "standard_error", "rms_error"))
        lines.append(f"{row['place']:30}{row['cameras']:9}{row['quantity']:13}{figures}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
