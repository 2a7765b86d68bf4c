"""The detectors that SUMO lays for NEMA programs, as rows of detector.csv: a zone at the stop line of each
lane, whose length the program gives, with another for lanes that only turn left.
"""

from collections.abc import Mapping

from signalsim.formats.draft import Draft
from signalsim.formats.sumo.lights import Head
from signalsim.network.specs import MOVEMENT
from signalsim.signals.specs import DETECTOR

LENGTH_M, LEFT_LENGTH_M = 20.0, 10.0  # where the program gives none
_LEFT = {"left", "uturn"}


def add_detectors(draft: Draft, heads: Mapping[str, Head]) -> None:
    """Detectors of all lanes with a lamp at the nodes with NEMA programs among ``heads``."""
    names = ("node_id", "ib_link_id", "start_ib_lane", "end_ib_lane", "type", "opt_signal_group_id")
    turns: dict[tuple[str, str, int], set[str]] = {}
    for node, link, first, last, kind, group in zip(
        *(draft.column(MOVEMENT, name) for name in names), strict=True
    ):
        if group and node in heads and heads[node].rings is not None:
            for number in range(first, last + 1):
                turns.setdefault((node, link, number), set()).add(kind)
    for (node, link, number), kinds in sorted(turns.items()):
        params = heads[node].program.params
        length = _length_m(params.get("detector-length"), LENGTH_M)
        if kinds <= _LEFT:
            length = _length_m(params.get("detector-length-leftTurnLane"), LEFT_LENGTH_M)
        draft.add(
            DETECTOR, detector_id=f"{link}:{number}", link_id=link, lane_num=number, mode="presence",
            length_m=length,
        )  # fmt: skip
    if turns:
        draft.understood(f"detectors of NEMA programs at the stop line (detector-length): {len(turns):,}")


def _length_m(text: str | None, usual: float) -> float:
    try:
        given = float(text or usual)
    except ValueError:
        given = usual
    return min(max(given, 1.0), 100.0) if given == given else usual
