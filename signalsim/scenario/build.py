"""Scenario -> engine tables, an index of names, engine-ready plans, prepared demand."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from signalsim.demand import Demand
from signalsim.errors import InputError
from signalsim.network import Network
from signalsim.scenario.index import Index
from signalsim.scenario.load import Scenario
from signalsim.scenario.road import (
    Lanes,
    movement_columns,
    road_columns,
    saturation_pcuph,
    served,
    split_lanes,
)
from signalsim.scenario.schema import ScenarioConfig
from signalsim.signals import PlanArrays, Program, SignalSystem, always, plan_arrays, plan_at, scheduled

if TYPE_CHECKING:
    from signalsim.engine.build import Road, SignalSpec
    from signalsim.engine.tables import Tables


@dataclass(frozen=True)
class Built:
    """A scenario as the engines and controllers take it. Made by ``build``."""

    scenario: Scenario
    road: "Road"
    signal_spec: "SignalSpec"
    index: Index
    plans: dict[str, PlanArrays]
    programs: dict[str, Program]  # the plans, each for ever, and the schedules
    demand: Demand

    @cached_property
    def tables(self) -> "Tables":
        """What an engine is given. Raises InputError where the engine's own limits are passed."""
        from signalsim.engine.build import make_tables

        try:
            return make_tables(self.road, self.signal_spec)
        except ValueError as error:
            raise InputError(f"{self.scenario.path}: the engine cannot take this scenario: {error}") from None

    @property
    def signals(self) -> SignalSystem:
        return self.scenario.signals

    @property
    def deployed_name(self) -> str:
        """The plan or schedule in the street."""
        return self.scenario.config.control.deployed

    @property
    def deployed(self) -> PlanArrays:
        """The plan in the street, as the scenario names it; of a schedule, each junction's when the demand
        window begins. Without signals there is nothing in it."""
        name = self.deployed_name
        if not self.signals.junctions:
            return plan_arrays(self.signals, {})
        if name in self.plans:
            return self.plans[name]
        when = self.scenario.config.start_local + timedelta(seconds=self.scenario.horizon.warm_up_s)
        return plan_at(self.plans, self.signals.schedules[name], when)


def _reference_s(config: ScenarioConfig) -> float:
    """The reference second of offsets, in seconds after simulated time 0."""
    if config.control.offset_reference == "start":
        return 0.0
    local = config.start_local
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return midnight.timestamp() - local.timestamp()


def _programs(scenario: Scenario, plans: dict[str, PlanArrays]) -> dict[str, Program]:
    config = scenario.config
    by_time = {
        name: scheduled(
            scenario.signals, plans, schedule, config.start_local, config.horizon.end_s,
            config.control.transition,
        )
        for name, schedule in scenario.signals.schedules.items()
    }  # fmt: skip
    return {name: always(plan) for name, plan in plans.items()} | by_time


def stage_masks(signals: SignalSystem) -> np.ndarray:
    """(n_stages,) uint64 over the junction's groups, bit 0 its first."""
    masks = []
    for j, stages in enumerate(signals.stage_groups):
        first = int(np.searchsorted(signals.group_junction, j))
        masks += [sum(1 << (g - first) for g in groups) for groups in stages]
    return np.array(masks, np.uint64)


def _first_stages(signals: SignalSystem, deployed: Program | None) -> np.ndarray:
    """Local stage at simulated time 0: what is deployed shows it then or changes to it."""
    out = np.zeros(len(signals.junctions), np.int32)
    if deployed is None:
        return out
    for j, period in enumerate(deployed.start[:-1]):
        rows = slice(deployed.row[period], deployed.row[period + 1])
        green, change = deployed.green_ms[rows], deployed.change_ms[rows]
        ends = np.cumsum(green + change) - change
        at = -deployed.begin_ms[period] % (ends[-1] + change[-1])
        out[j] = deployed.stage[rows][int(np.searchsorted(ends, at, side="right")) % len(green)]
    return out


def _signal_spec(signals: SignalSystem, deployed: Program | None) -> "SignalSpec":
    from signalsim.engine.build import SignalSpec

    as_ms = lambda seconds: np.round(1000 * np.asarray(seconds)).astype(np.int64)  # noqa: E731
    stage_junction = [j for j, stages in enumerate(signals.stages) for _ in stages]
    intergreen = [(a, b, round(1000 * s)) for (a, b), s in sorted(signals.intergreen_s.items())]
    return SignalSpec(
        group_junction=signals.group_junction,
        group_min_green_ms=as_ms(signals.min_green_s),
        group_yellow_ms=as_ms(signals.yellow_s),
        group_max_red_ms=as_ms(signals.max_red_s),
        stage_junction=np.array(stage_junction, np.int32),
        stage_mask=stage_masks(signals),
        initial_stage=_first_stages(signals, deployed),
        forbidden=signals.forbidden,
        intergreen=np.array(intergreen, np.int64).reshape(-1, 3),
    )


def _junction_of_node(network: Network, signals: SignalSystem) -> np.ndarray:
    out = np.full(len(network.node), -1, np.int32)
    out[signals.junction_node] = np.arange(len(signals.junctions))
    return out


def _index(scenario: Scenario, lanes: Lanes, stop_line: np.ndarray) -> Index:
    network, signals = scenario.network, scenario.signals
    junction = _junction_of_node(network, signals)
    by_movement = stop_line[np.lexsort((stop_line[:, 0], stop_line[:, 1]))]
    n_movements = len(network.movement)
    names = [
        f"{network.link.ids[link]}:{number}{'' if at_stop else '+'}"
        for link, number, at_stop in zip(lanes.link, lanes.number, lanes.at_stop, strict=True)
    ]
    return Index(
        junctions=signals.junctions,
        groups=signals.groups,
        stages=signals.stages,
        links=network.link.ids,
        lanes=tuple(names),
        movements=network.movement.ids,
        junction_first_stage=np.cumsum([0, *(len(row) for row in signals.stages)]).astype(np.int32),
        group_junction=signals.group_junction,
        stage_mask=stage_masks(signals),
        link_junction=junction[network.link_to],
        link_length_m=network.length_m,
        lane_link=lanes.link,
        lane_segment=lanes.segment,
        lane_number=lanes.number,
        lane_at_stop=lanes.at_stop,
        lane_length_m=lanes.length_m,
        movement_from=network.movement_from,
        movement_to=network.movement_to,
        movement_group=signals.movement_group,
        movement_junction=junction[network.movement_node],
        movement_turn=network.movement_type,
        movement_lane_start=np.searchsorted(by_movement[:, 1], np.arange(n_movements + 1)).astype(np.int32),
        movement_lane=by_movement[:, 0].astype(np.int32),
        movement_saturation_pcuph=saturation_pcuph(network),
        origins=np.flatnonzero(network.is_origin).astype(np.int32),
    )


def build(scenario: Scenario) -> Built:
    """Convert units and pack arrays; nothing is compiled here."""
    from signalsim.engine.build import Road

    network, signals, config = scenario.network, scenario.signals, scenario.config
    lanes = split_lanes(network)
    stop_line, upstream = served(network, lanes)
    index = _index(scenario, lanes, stop_line)
    road = Road(
        **road_columns(network, signals, lanes),
        **movement_columns(network, signals),
        serves=np.concatenate([stop_line, upstream]),
        yields=signals.live_yields,
        foes=signals.foes,
        origins=index.origins,
    )
    plans = {
        name: plan_arrays(signals, rows, _reference_s(config), config.control.offset_point)
        for name, rows in signals.plans.items()
    }
    programs = _programs(scenario, plans)
    return Built(
        scenario,
        road,
        _signal_spec(signals, programs.get(config.control.deployed)),
        index,
        plans,
        programs,
        scenario.demand,
    )
