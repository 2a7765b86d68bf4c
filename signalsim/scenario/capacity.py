"""What the greens of the deployed plan let through, per lane group: to tell which counts are saturated."""

import numpy as np

from signalsim.counts.quality.record import Record
from signalsim.counts.saturation import Group, lane_groups
from signalsim.network import Network
from signalsim.scenario.reference import Opened
from signalsim.signals import load_signals
from signalsim.signals.greens import plan_greens


def capacities_vph(opened: Opened, record: Record, network: Network) -> dict[Group, float]:
    """Vehicles/h by lane group: green over cycle times saturation flow and lanes.

    Left out: groups that give way to somebody, whose movements have different greens, or without a fixed
    plan (rings, schedules). Raises InputError for signals that are wrong.
    """
    signals = load_signals(opened.tables, network)
    plans = signals.plans.get(opened.config.control.deployed, {})
    share: dict[int, float] = {}
    for junction, plan in plans.items():
        cycle = signals.cycle_s(junction, plan)
        for green in plan_greens(signals, junction, plan):
            share[green.group] = share.get(green.group, 0.0) + (green.end_s - green.begin_s) / cycle
    gives_way = {int(a) for a, _ in signals.live_yields.tolist()}
    per_vehicle = 1 + opened.config.demand.heavy_share * (network.defaults.heavy_pcu - 1)
    out = {}
    for link, turns in lane_groups(record, network):
        movements = [network.movement.index[turn] for turn in turns]
        own = {share.get(int(signals.movement_group[m])) for m in movements}
        if len(own) != 1 or None in own or gives_way & set(movements):
            continue
        lanes = {lane for m in movements for lane in network.movement_lanes(m)}
        flow = float(network.saturation_pcuph[network.link.index[link]])
        (green_share,) = own
        assert green_share is not None
        out[link, turns] = float(np.round(green_share * flow * len(lanes) / per_vehicle, 3))
    return out
