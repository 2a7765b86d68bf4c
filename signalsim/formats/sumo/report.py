"""What the report of an import says about roads and signals."""

from collections.abc import Mapping

from signalsim.formats.draft import Draft
from signalsim.formats.sumo.layout import Layout
from signalsim.formats.sumo.lights import Heads, Key
from signalsim.formats.sumo.roads import Roads
from signalsim.formats.sumo.signals import Signals
from signalsim.formats.sumo.staging import Staged
from signalsim.network.specs import CONFLICT, MOVEMENT


def _ids(keys: list[Key]) -> list[str]:
    return [f"{start}->{end}" for start, end in keys]


def tell_roads(
    draft: Draft, layout: Layout, roads: Roads, *, never: list[Key], back: list[Key], pruned: list[str],
    idle: list[str],
) -> None:  # fmt: skip
    """Edges, movements and right of way."""
    lanes = sum(len(own) for own in layout.lanes.values())
    rules = draft.column(CONFLICT, "rule")
    draft.understood(
        f"{len(layout.lanes):,} edges as links with {lanes:,} lanes for cars, {len(layout.moves):,} "
        "movements; SUMO's leftmost lane is our lane 1 (lane.csv has SUMO's lane ids)"
    )
    draft.understood(
        f"{len(rules):,} pairs of movements that meet, from the <request> rows: {rules.count('forbidden'):,} "
        f"never green together, {rules.count('yield'):,} where one gives way"
    )
    control = draft.column(MOVEMENT, "ctrl_type")
    for number, what in (
        (control.count("signal_with_RTOR"), "that may go on red after a stop (lamp s)"),
        (control.count("stop"), "with a stop sign (junctions of type priority_stop)"),
        (control.count("stop_4_way"), "of all-way stops, which take turns"),
        (draft.column(MOVEMENT, "opt_keep_clear").count(0), "that do not keep their junction clear"),
    ):
        if number:
            draft.understood(f"movements {what}: {number:,}")
    zipped = [move.id for move in layout.moves.values() if any(link.state == "Z" for link in move.links)]
    for names, what, rule in (
        (zipped, "lanes that merge one by one (zipper)", "who the <request> rows name gives way"),
        (roads.slow, "saturation flow of slow links", "what standing cars leave room for at that speed"),
        (roads.clipped, "speed or length of links", "held within 5 to 150 km/h and 0.1 m to 100 km"),
        (roads.uneven, "speed of links whose lanes differ", "the fastest lane's"),
        (roads.split, "lanes of movements that leave one out", "the range from first to last"),
        (roads.ends, "links that end where others go on", "they get an end node of their own"),
    ):
        if names:
            draft.guessed(what, rule, names)
    barred = [edge for edge in layout.net.edges if edge not in layout.lanes and edge not in pruned]
    for names, what, why in (
        (barred, "edges", "no lane for cars, or they end where they begin"),
        (pruned, "edges", "no entry of the network leads there, or no exit is reached from them"),
        (idle, "lanes", "no movement starts from them"),
        (_ids(never), "movements", "their light is never green"),
        (_ids(back), "turns back", "no route takes them"),
    ):
        if names:
            draft.dropped(what, why, names)


def tell_signals(
    draft: Draft, layout: Layout, heads: Heads, staged: Mapping[str, Staged], signals: Signals
) -> None:
    """Programs and what they lost."""
    if signals.nodes:
        draft.section("control", deployed="deployed")
    draft.understood(
        f"{len(signals.nodes):,} signals; plan 'deployed' has the programs' greens, cycles and offsets"
    )
    single = [node for node, one in staged.items() if not one.is_signal]
    for names, what, rule in (
        (
            heads.adaptive,
            "programs that react to traffic",
            "plan 'deployed' has their durations (NEMA: longest greens) as fixed times",
        ),
        (heads.mixed, "lamps of movements whose lanes differ", "green when all lanes are"),
        (signals.raised, "yellows", "lengthened to 1 s + v/(2 · 4.5 m/s2), the shortest that is safe"),
        (signals.stays, "lamps that end between two stages that both show them", "they stay green"),
        (
            signals.dead,
            "red for all of over 12 s (for people on foot, or nobody)",
            "the next stage begins earlier",
        ),
        (signals.longer, "cycles", "longer than the program's, because changes leave a stage no green"),
    ):
        if names:
            draft.guessed(what, rule, names)
    if signals.ringed:
        draft.understood(
            "rings, barriers and actuation of NEMA programs (minDur, maxDur, vehext, recalls, latching "
            f"detectors, coordination): {', '.join(signals.ringed)}"
        )
    if heads.joined:
        draft.understood(f"lights that govern several junctions, one signal each: {', '.join(heads.joined)}")
    for names, what, why in (
        (heads.several, "further programs of lights", "the last one is taken"),
        (heads.dark, "lights without a program", "their junctions follow the right of way"),
        (heads.foreign, "lamps of movements that obey two lights", "the junction's main light is taken"),
        (signals.bare, "rings of NEMA programs", "a phase has no movement for itself"),
        (heads.stretched, "maxDur and gaps of actuated programs", "the controller 'actuated' has its own"),
        (heads.switching, "crossPhaseSwitching of NEMA programs", "detectors call their lane's phases"),
        (single, "signals", "all movements are green together or always; red for people on foot is lost"),
    ):
        if names:
            draft.dropped(what, why, names)
