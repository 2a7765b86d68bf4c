"""How movements are controlled, by the ctrl_type of a GMNS folder's movements and nodes."""

from collections import Counter
from collections.abc import Collection, Sequence

from signalsim.formats.draft import Draft
from signalsim.formats.gmns.rows import Row
from signalsim.formats.roads import Move
from signalsim.network.specs import CONTROLS, MOVEMENT, SIGNALS

ALL_WAY_NODES = ("4_stop", "stop_4_way")  # ctrl_type of a node, in lower case
_KNOWN = {kind.lower(): kind for kind in CONTROLS}


def control_of(row: Row) -> str:
    """The ctrl_type of a row of movement.csv in the specification's words; '' for any other."""
    return _KNOWN.get(row.text("ctrl_type").lower(), "")


def collect(moves: Sequence[Move], all_way: Collection[str], draft: Draft) -> dict[str, str]:
    """Control by movement. ``all_way``: nodes marked as all-way stops, whose movements are of it if they
    say nothing else. A stop is all-way only where all movements without signals of its node have it.
    """
    control = {
        move.id: move.more.pop("ctrl_type", "") or ("stop_4_way" if move.node in all_way else "")
        for move in moves
    }
    kinds: dict[str, set[str]] = {}
    for move in moves:
        if control[move.id] not in SIGNALS:
            kinds.setdefault(move.node, set()).add(control[move.id])
    partly = sorted(node for node, own in kinds.items() if "stop_4_way" in own and len(own) > 1)
    for move in moves:
        if move.node in partly and control[move.id] == "stop_4_way":
            control[move.id] = "stop"
    if partly:
        draft.guessed("all-way stops of some movements of a node only", "stops that give way", partly)
    return control


def add_control(draft: Draft, control: dict[str, str]) -> None:
    """Fill ctrl_type: signal or signal_with_RTOR for movements with a group, the others for the rest."""
    groups, cells = draft.column(MOVEMENT, "opt_signal_group_id"), draft.column(MOVEMENT, "ctrl_type")
    for i, name in enumerate(draft.column(MOVEMENT, "mvmt_id")):
        kind = control.get(name, "")
        cells[i] = kind if (kind in SIGNALS) == bool(groups[i]) else None


def tell_control(draft: Draft) -> None:
    """How many movements are controlled in which way."""
    found = Counter(kind for kind in draft.column(MOVEMENT, "ctrl_type") if kind)
    if found:
        listed = ", ".join(f"{number:,} {kind}" for kind, number in sorted(found.items()))
        draft.understood(f"control of movements (ctrl_type): {listed}")
