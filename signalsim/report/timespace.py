"""Time and space along the busiest street: signals as they were shown, vehicles as they drove."""

from typing import TYPE_CHECKING, Any

import numpy as np

from signalsim.control.given import Given
from signalsim.control.volumes import design_volumes
from signalsim.engine.records import Kind
from signalsim.signals import Plan
from signalsim.simulation import simulate

from .style import INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GREEN, _RED, _YELLOW = "#009E73", "#D55E00", "#E69F00"
_CYCLES = 4  # shown
_BEGIN_S = 900.0  # after the warm-up, at most


def street(built: Any) -> list[int]:
    """Movements that go straight on along the busiest street with two signals or more, in order; else []."""
    network, flow = built.scenario.network, design_volumes(built.demand)
    straight = [m for m, turn in enumerate(network.movement_type) if turn == "thru" and flow[m] > 0]
    by_from: dict[int, list[int]] = {}
    by_to: dict[int, list[int]] = {}
    for m in straight:
        by_from.setdefault(int(network.movement_from[m]), []).append(m)
        by_to.setdefault(int(network.movement_to[m]), []).append(m)
    best: list[int] = []
    busiest = -1.0
    for first in straight:
        chain, seen = [first], {int(network.movement_from[first]), int(network.movement_to[first])}
        for table, end, place in ((by_from, network.movement_to, -1), (by_to, network.movement_from, 0)):
            while following := table.get(int(end[chain[place]])):
                m = max(following, key=lambda k: (flow[k], -k))
                if int(end[m]) in seen:
                    break
                seen.add(int(end[m]))
                chain.insert(len(chain) if place else 0, m)
        signalled = [m for m in chain if built.signals.movement_group[m] >= 0]
        load = float(flow[signalled].sum()) if len(signalled) > 1 else -1.0
        if load > busiest:
            best, busiest = chain, load
    return best


def time_space_figure(built: Any, plans: dict[int, Plan], title: str, seed: int) -> "Figure | None":
    """Both directions of the busiest street for some cycles of a run; None without such a street."""
    from matplotlib.figure import Figure

    chain = street(built)
    if not chain:
        return None
    run = simulate(built, Given(plans), seed=seed, sensors="perfect", record="full")
    assert run.records is not None  # what record="full" sees to
    signals = built.signals
    group = next(int(signals.movement_group[m]) for m in chain if signals.movement_group[m] >= 0)
    cycle = signals.cycle_s(int(signals.group_junction[group]), plans[int(signals.group_junction[group])])
    horizon = built.scenario.horizon
    begin = horizon.warm_up_s + min(_BEGIN_S, horizon.demand_s / 2)
    span = begin, begin + _CYCLES * cycle
    back = _reverse(built, chain)
    figure = Figure(figsize=(7.6, 3.4 if not back else 6.2), layout="constrained")
    panels = figure.subplots(2 if back else 1, 1, sharex=True, squeeze=False).ravel()
    for axes, one, name in zip(panels, (chain, back), ("", ", the other way"), strict=False):
        _panel(axes, built, run.records, one, span)
        axes.set_title(f"Plan {title}{name}: {_ends(built, one)}", fontsize=9.5)
        axes.set_ylabel("metres")
    panels[-1].set_xlabel("seconds from the start of the simulation")
    return figure


def _ends(built: Any, chain: list[int]) -> str:
    network = built.scenario.network
    links = network.link.ids
    return f"{links[int(network.movement_from[chain[0]])]} to {links[int(network.movement_to[chain[-1]])]}"


def _reverse(built: Any, chain: list[int]) -> list[int]:
    """The straight movements of the other direction, in its own order; [] where one is missing."""
    network = built.scenario.network
    ends = {
        (int(a), int(b)): k for k, (a, b) in enumerate(zip(network.link_from, network.link_to, strict=True))
    }
    movement = {
        (int(a), int(b)): m
        for m, (a, b) in enumerate(zip(network.movement_from, network.movement_to, strict=True))
    }
    out = []
    for m in reversed(chain):
        pair = []
        for link in (int(network.movement_to[m]), int(network.movement_from[m])):
            pair.append(ends.get((int(network.link_to[link]), int(network.link_from[link])), -1))
        out.append(movement.get((pair[0], pair[1]), -1))
    return out if min(out, default=-1) >= 0 else []


def _panel(
    axes: "Axes", built: Any, records: np.ndarray, chain: list[int], span: tuple[float, float]
) -> None:
    network, index, signals = built.scenario.network, built.index, built.signals
    links = [int(network.movement_from[m]) for m in chain]
    length = [float(network.length_m[link]) for link in links]
    ends = np.cumsum(length)
    place = {link: k for k, link in enumerate(links)}
    for k, m in enumerate(chain):
        if signals.movement_group[m] >= 0:
            _lamp(axes, records, int(signals.movement_group[m]), float(ends[k]), span)
            junction = signals.junctions[int(signals.group_junction[signals.movement_group[m]])]
            axes.annotate(junction, (span[1], ends[k]), (5, 0), textcoords="offset points", va="center",
                          fontsize=8, color=INK, annotation_clip=False)  # fmt: skip
    for times, metres in _tracks(records, index, place, ends, length, span):
        axes.plot(times, metres, color=MUTED, linewidth=0.7)
    axes.set_xlim(*span)
    axes.set_ylim(0, float(ends[-1]) * 1.03)


def _lamp(axes: "Axes", records: np.ndarray, group: int, metres: float, span: tuple[float, float]) -> None:
    """A lamp's aspects as a bar at its stop line."""
    own = records[(records["kind"] == Kind.ASPECT) & (records["entity"] == group)]
    times = np.append(own["t_ms"] / 1000, span[1])
    for k, aspect in enumerate(own["value"].tolist()):
        left, right = max(float(times[k]), span[0]), min(float(times[k + 1]), span[1])
        if right > left:
            colour = (_RED, _YELLOW, _GREEN)[aspect]
            axes.plot([left, right], [metres, metres], color=colour, linewidth=3.5, solid_capstyle="butt",
                      zorder=3)  # fmt: skip


def _tracks(
    records: np.ndarray, index: Any, place: dict[int, int], ends: np.ndarray, length: list[float],
    span: tuple[float, float],
) -> list[tuple[list[float], list[float]]]:  # fmt: skip
    """Times and metres of the vehicles on the street's links within a span; queues stand at stop lines."""
    kinds = (int(Kind.ENTER), int(Kind.CROSS), int(Kind.DEPART))
    seen = records[np.isin(records["kind"], kinds)]
    near = (seen["t_ms"] >= 1000 * (span[0] - 200)) & (seen["t_ms"] <= 1000 * (span[1] + 200))
    tracks: dict[tuple[int, int], dict[str, float]] = {}
    for row in seen[near]:
        k = place.get(int(index.lane_link[int(row["place"])]), -1)
        if k < 0:
            continue
        track = tracks.setdefault((int(row["entity"]), k), {})
        second = float(row["t_ms"]) / 1000
        if row["kind"] == Kind.CROSS:
            track["cross"] = second
        else:
            track.setdefault("enter", second)
            if row["kind"] == Kind.ENTER:
                track["reach"] = float(row["value"]) / 1000
    out = []
    for (_, k), track in sorted(tracks.items()):
        if {"enter", "cross", "reach"} <= track.keys():
            reach = min(track["reach"], track["cross"])
            start = float(ends[k]) - length[k]
            out.append(([track["enter"], reach, track["cross"]], [start, float(ends[k]), float(ends[k])]))
    return out
