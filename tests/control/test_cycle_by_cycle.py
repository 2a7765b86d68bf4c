"""SCATS-like and SCOOT-like: on a crossing whose queues are fluid, against the saturation of each green."""

import numpy as np
import pytest

from signalsim.control import get, make_request
from signalsim.control.common_cycle import begin_cycle, lengthen_area, make_clock, needs_area_cycle
from signalsim.control.flow_profile import BINS, best_shift, delay
from signalsim.control.layout import junctions
from signalsim.control.offset_vote import go_to_offset, make_votes, vote
from signalsim.scenario import build, load
from signalsim.sensing.approaches import approaches
from signalsim.testing.street import write_street

pytestmark = pytest.mark.nojit

CRITICAL, BESIDE = (1, 0, 3, 2), (5, 4, 7, 6)  # the two lanes of each stage
CHANGE_S, HEADWAY_S, MIN_GREEN_S, LOST_S = 5, 2.0, 5.0, 20.0
RATIOS = np.array([0.28, 0.08, 0.2, 0.14])
BOTH = pytest.mark.parametrize("name", ["scats-like", "scoot-like"])


class Crossing:
    """Second by second: vehicles come at a constant rate and leave at saturation flow while it is green."""

    def __init__(self, policy, observation):
        self.policy, self.observation = policy, observation
        self.now, self.stage, self.coming, self.since = 0, 0, 0, 0
        self.queue, self.count = np.zeros(16), np.zeros(16)
        self.due, self.switch, self.wanted = 0, 0.0, 0

    def run(self, until_s, ratios):
        """Go on with these flow ratios of the stages; of its two lanes one has half as much."""
        rate = np.zeros(16)
        rate[list(CRITICAL)] = np.array(ratios) / HEADWAY_S
        rate[list(BESIDE)] = np.array(ratios) / HEADWAY_S / 2
        while self.now < until_s:
            if self.stage < 0 and self.now >= self.since:
                self.stage = self.coming
            if self.now >= self.due:
                self._ask(rate)
            is_due = self.wanted != self.coming and self.now >= self.switch
            if self.stage >= 0 and is_due and self.now - self.since >= MIN_GREEN_S:
                self.stage, self.coming, self.since = -1, self.wanted, self.now + CHANGE_S
            self.queue += rate
            if self.stage >= 0:
                for lane in (CRITICAL[self.stage], BESIDE[self.stage]):
                    leaving = min(self.queue[lane], 1 / HEADWAY_S)
                    self.queue[lane] -= leaving
                    self.count[lane] += leaving
            self.now += 1
        return self.policy.cycles.green_ms / 1000

    def _ask(self, rate):
        seen = self.observation(
            self.now, self.stage, self.since, lane_count=self.count, lane_queue=self.queue,
            lane_near=self.queue, lane_vehicles=self.queue, lane_arrival_rate=rate,
            lane_read_ms=np.full(16, self.now * 1000),
        )  # fmt: skip
        request = make_request(1)
        self.policy.decide(
            seen._replace(next_stage=np.array([self.coming], np.int32)), np.array([0], np.int32), request
        )
        assert request.next_decision_ms[0] > self.now * 1000
        self.due = request.next_decision_ms[0] / 1000
        self.wanted, self.switch = int(request.stage[0]), request.switch_at_ms[0] / 1000


@BOTH
def test_the_cycle_grows_with_demand_and_shrinks_again(name, built, observation):
    crossing = Crossing(get(f"{name}:max_cycle_s=120").prepare(built), observation)
    cycles = []
    for until_s, total in ((3600, 0.2), (7200, 0.75), (10_800, 0.2)):
        cycles.append(sum(crossing.run(until_s, np.full(4, total / 4))) + LOST_S)
    # no green below its minimum: 40 s; saturated to 0.9, 20 s lost: C = 20 / (1 - 0.75 / 0.9) = 120 s
    assert cycles[0] == cycles[2] == pytest.approx(40, abs=1)
    assert 100 <= cycles[1] <= 120


def test_scats_splits_equalise_saturation(built, observation):
    crossing = Crossing(get("scats-like").prepare(built), observation)
    green = np.mean([crossing.run(until_s, RATIOS) for until_s in range(7200, 9000, 60)], axis=0)
    assert green == pytest.approx(sum(green) * RATIOS / sum(RATIOS), abs=0.5)


def test_scoot_splits_rest_where_no_step_helps(built, observation):
    """A step of 4 s, and 2 s that remain, either way would leave the worse of two neighbours no better."""
    rule = get("scoot-like")
    step = rule.split_step_s + rule.lasting_step_s
    crossing = Crossing(rule.prepare(built), observation)
    assert _helps(crossing.run(1, RATIOS), step) == [0, 1]
    for until_s in range(7200, 9000, 60):
        assert _helps(crossing.run(until_s, RATIOS), step) == []


def _helps(green, step):
    """Places whose end had better be elsewhere by this step."""
    x = [[RATIOS[i : i + 2] / np.add(green[i : i + 2], (d, -d)) for d in (0, step, -step)] for i in range(3)]
    return [i for i, (now, more, less) in enumerate(x) if min(more.max(), less.max()) < now.max()]


@BOTH
def test_a_change_of_the_greens_is_bounded(name, built, observation):
    """From one cycle to the next, beyond what comes of the cycle's own step."""
    rule = get(name)
    scats = name == "scats-like"
    one, both = (rule.max_change_s,) * 2 if scats else (rule.lasting_step_s, 2 * rule.lasting_step_s)
    crossing = Crossing(rule.prepare(built), observation)
    ratios = [0.4, 0.15, 0.12, 0.12]
    green, begun, largest = crossing.run(1, ratios).copy(), 0, 0.0
    for until_s in range(2, 3000):
        crossing.run(until_s, ratios)
        if crossing.policy.clock.number[0] != begun:
            now = crossing.policy.cycles.green_ms / 1000
            change = np.abs(now - green * sum(now) / sum(green))
            largest, green, begun = max(largest, change.max()), now.copy(), crossing.policy.clock.number[0]
    assert 0.9 * one <= largest <= both + 0.01
    assert green[0] > 30


def test_coordinated_junctions_keep_their_offset_while_the_cycle_changes(tmp_path):
    built = build(load(write_street(tmp_path)))
    plan = built.deployed._replace(offset_ms=np.array([0, 17_000]))
    layout = junctions(built.tables)
    assert make_clock(built.tables, layout, built.deployed).area.tolist() == [0, 1]  # not coordinated
    clock, draw = make_clock(built.tables, layout, plan), np.random.default_rng(3)
    assert clock.area.tolist() == [0, 0]
    begins = {0: {}, 1: {}}
    for _ in range(300):
        j = int(draw.integers(2))
        if clock.number[j] > clock.number[1 - j] + 5:
            continue  # an offset holds no more cycles than that
        if needs_area_cycle(clock, j):
            lengthen_area(clock, 0, draw.integers(5_000, 90_000))
        green = draw.uniform(1000, 40_000, 4)
        begin_cycle(clock, j, green)
        mine = slice(clock.start[j], clock.start[j + 1])
        assert (green[mine] >= clock.least_ms[mine]).all()
        begins[j][int(clock.number[j])] = int(clock.begin_ms[j])
    both = sorted(begins[0].keys() & begins[1].keys())
    assert len(both) > 100
    assert {begins[1][k] - begins[0][k] for k in both} == {17_000}
    assert len(set(np.diff([begins[0][k] for k in both]))) > 50


def test_scoot_offsets_follow_the_platoon(tmp_path):
    """All vehicles go from A to B and leave A's line evenly in its main green: they wait least where B's main
    green, which is as long, begins when they come. A step of 4 s leads to within one of it.
    """
    built = build(load(write_street(tmp_path)))
    policy = get("scoot-like").prepare(built)
    clock, profiles = policy.clock, policy.profiles
    assert clock.area.tolist() == [0, 0]
    link = built.index.links.index("A_B")
    assert set(profiles.into_link) == {link, built.index.links.index("B_A")}
    assert delay(profiles, clock, link, 0) == 0.0
    width = 50_000 / BINS
    leaving = (np.arange(BINS) + 0.5) * width < 25_000  # the deployed plan's cycle of 50 s
    profiles.flow[link] = 10 * leaving / leaving.sum()
    wait = {shift: delay(profiles, clock, link, shift) for shift in range(0, 50_000, 1000)}
    ideal = min(wait, key=lambda shift: wait[shift])
    assert ideal == pytest.approx(profiles.travel_ms[link] % 50_000, abs=2 * width)
    assert wait[ideal] < 0.1 * max(wait.values())
    for _ in range(20):
        for j in (1, 0):
            clock.offset_ms[j] += 4000 * best_shift(profiles, clock, j, 4000)
    assert clock.offset_ms[1] - clock.offset_ms[0] == pytest.approx(ideal, abs=4000)


def test_scats_offsets_suit_the_way_that_most_cycles_voted_for(tmp_path, observation):
    """Vehicles leave A's main green and find B's main green, both first in their cycles; when more come the
    other way, the offset is theirs after four cycles, not after three.
    """
    built = build(load(write_street(tmp_path)))
    tables, layout = built.tables, junctions(built.tables)
    plan = built.deployed._replace(offset_ms=np.array([0, 17_000]))
    road, clock = approaches(tables), make_clock(tables, layout, plan)
    votes = make_votes(tables, road, layout, clock)
    links = [built.index.links.index(name) for name in ("A_B", "B_A")]
    assert votes.link.tolist() == [links]
    main, came = np.zeros(len(tables.movement)), np.zeros(len(road.link_seen))
    main[[built.index.movements.index(name) for name in ("W_A_B", "A_B_E", "E_B_A", "B_A_W")]] = 1.0

    def count(forth, back):
        came[links] += forth, back
        seen = observation(link_in=came, link_in_valid=road.link_announced, movement_count=main)
        vote(votes, road, clock, seen, 0)
        return (votes.wanted_ms[1] - votes.wanted_ms[0]) / 1000

    travel = [float(road.link_travel_s[link]) for link in links]
    assert [count(10, 4) for _ in range(3)] == pytest.approx([travel[0]] * 3, abs=0.001)
    assert [count(4, 40) for _ in range(4)] == pytest.approx([travel[0]] * 3 + [-travel[1]], abs=0.001)
    for _ in range(20):
        for j in range(2):
            go_to_offset(votes, clock, j, 4000, 120_000)
    left = clock.offset_ms[1] - clock.offset_ms[0] + 1000 * travel[1]
    assert min(left % 50_000, -left % 50_000) <= 1000
