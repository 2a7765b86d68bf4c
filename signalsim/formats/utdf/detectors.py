"""Detectors of a UTDF network: [Lanes] has up to five of each lane group, as rows of detector.csv.

Position and size are distances along the lane, from the stop line. One that lies at the stop line is a
presence zone; one further upstream is a line where its zone begins: that is where a vehicle calls.
"""

from collections.abc import Iterator

from signalsim.formats.draft import Draft
from signalsim.formats.utdf.approaches import Approach, Group
from signalsim.formats.utdf.lights import Lights
from signalsim.formats.utdf.sections import Utdf
from signalsim.formats.utdf.streets import movement_id
from signalsim.signals.specs import DETECTOR

CALL, EXTEND, QUEUE, YELLOW_LOCK, RED_LOCK, ADDED_INITIAL = 1, 2, 4, 32, 64, 256
_AT_STOP_M = 3.0  # what begins nearer is at the stop line
_MOST = 5  # of a lane group


def add_detectors(draft: Draft, utdf: Utdf, approaches: dict[str, Approach], lights: Lights) -> None:
    """Detectors of the lanes that have a lamp; a lane without any keeps those of its camera."""
    lost: dict[str, list[str]] = {"phases": [], "switch": [], "queue": [], "lock": []}
    count = 0
    for approach in approaches.values():
        for group in approach.groups:
            name = movement_id(approach, group)
            if name not in lights.key or not _number(group):
                continue
            told = {p for k in range(1, 5) if (p := group.whole(f"DetectPhase{k}", -1, 64) or 0) > 0}
            if told and told != lights.key[name]:
                lost["phases"].append(name)
            if (group.whole("SwitchPhase", -1, 64) or 0) > 0:
                lost["switch"].append(name)
            for row, kind in _rows(utdf, approach, group):
                count += 1
                draft.add(DETECTOR, **row)
                if kind & QUEUE:
                    lost["queue"].append(name)
                if kind & (YELLOW_LOCK | RED_LOCK):
                    lost["lock"].append(name)
    if count:
        draft.understood(f"detectors (DetectPos, DetectSize, DetectType, DetectExtend): {count:,}")
    for names, what, why in (
        (lost["phases"], "DetectPhase other than the phases of the movement", "detectors call their lane's"),
        (lost["switch"], "SwitchPhase", "detectors call their lane's phases"),
        (lost["queue"], "queue detectors", "they call and extend like others"),
        (lost["lock"], "locking detectors", "calls are dropped when their vehicle has left"),
    ):
        if names:
            draft.dropped(what, why, dict.fromkeys(names))


def _number(group: Group) -> int:
    return group.whole("numDetects", 0, _MOST) or group.whole("NumDetects", 0, _MOST) or 0


def _rows(utdf: Utdf, approach: Approach, group: Group) -> Iterator[tuple[dict[str, object], int]]:
    """(a row, the flags of its type) of each detector in each of the group's own lanes."""
    shared = {slot for other in approach.groups if other is not group and other.own for slot in other.slots}
    slots = [slot for slot in group.slots if slot not in shared or group.own > 1] or group.slots
    for k in range(1, _number(group) + 1):
        position, size = group.number(f"DetectPos{k}", 0, 5000), group.number(f"DetectSize{k}", 0, 1000)
        if position is None or size is None:
            continue
        kind = group.whole(f"DetectType{k}", 0, 1023)
        kind = CALL | EXTEND if kind is None else kind
        at_stop, reach = position * utdf.metre < _AT_STOP_M, round((position + size) * utdf.metre, 2)
        for number in dict.fromkeys(approach.numbers[slot] for slot in slots):
            yield (
                {
                    "detector_id": f"{movement_id(approach, group)}.{k}.{number}",
                    "link_id": approach.id,
                    "lane_num": number,
                    "mode": "presence" if at_stop else "passage",
                    "distance_m": None if at_stop else min(reach, approach.length_m, 1000.0),
                    "length_m": min(max(reach, 1.0), 100.0) if at_stop else None,
                    "delay_s": group.number("DetectDelay1", 0, 255) if k == 1 else None,
                    "extend_s": group.number(f"DetectExtend{k}", 0, 25),
                    "calls": int(bool(kind & CALL)),
                    "extends": int(bool(kind & EXTEND)),
                    "counts": int(bool(kind & ADDED_INITIAL)),
                },
                kind,
            )
