"""Approaches of a UTDF network: links with their lane groups, laid out lane by lane at the stop line.

A lane group is a turn of an approach, such as NBL. Its own lanes stand side by side in the order
U, L2, L, T, R, R2 from the left; ``Shared`` lets the outermost lane of a group also serve the
neighbour on its left (1), right (2) or both (3). Lanes with a ``Storage`` length are bays.
"""

from dataclasses import dataclass, field

from signalsim.errors import InputError
from signalsim.formats.utdf.sections import Records, Row, Utdf

DIRECTIONS = ("NB", "SB", "EB", "WB", "NE", "NW", "SE", "SW")
TURNS = {"U": "uturn", "L2": "left", "L": "left", "T": "thru", "R": "right", "R2": "right"}
_LEFT_SIDE = ("U", "L2", "L")
SIGNAL, EXTERNAL, BEND, UNSIGNALISED, ROUNDABOUT = range(5)
_SHORTEST_BAY_M, _MAX_LANES = 5.0, 16


@dataclass
class Group:
    """A lane group: one turn of an approach."""

    code: str  # as in the file: NBL
    turn: str  # U, L2, L, T, R or R2
    dest: str
    own: int  # lanes of its own
    shared: int  # 0 to 3
    records: Records
    slots: list[int] = field(default_factory=list)  # lanes at the stop line, from the left

    def number(self, record: str, low: float, high: float) -> float | None:
        row = self.records.get(record)
        return None if row is None else row.number(self.code, low, high)

    def whole(self, record: str, low: int, high: int) -> int | None:
        row = self.records.get(record)
        return None if row is None else row.whole(self.code, low, high)


@dataclass
class Approach:
    """A link: from node ``up`` to node ``node``, where it arrives heading ``direction``."""

    node: str
    up: str
    direction: str
    length_m: float
    speed_kmh: float | None
    listed_lanes: int  # as [Links] has them
    name: str
    groups: list[Group] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)  # our lane number of each slot
    bays: dict[int, float] = field(default_factory=dict)  # lane number -> length, m
    notes: list[str] = field(default_factory=list)  # what could not be had as written

    @property
    def id(self) -> str:
        return f"{self.up}-{self.node}"

    @property
    def lanes(self) -> int:
        return len(self.numbers) - len(self.bays)


def read_approaches(utdf: Utdf) -> dict[str, Approach]:
    """All links by id, with their lane groups. Raises InputError."""
    found: dict[str, Approach] = {}
    for node, records in utdf.links.items():
        row = records.get("Up ID")
        for direction in DIRECTIONS if row is not None else ():
            up = row.text(direction) if row is not None else ""
            if not up or up == "0":
                continue
            assert row is not None
            if up not in utdf.nodes:
                raise row.fault(direction, "is no node of [Nodes]; add it there")
            one = _approach(utdf, records, row, node, up, direction)
            if one.id in found:
                raise row.fault(direction, "is the upstream node of two approaches; keep one")
            found[one.id] = one
    for approach in found.values():
        approach.groups = _groups(utdf, approach, found)
        _lay_out(utdf, approach)
    return found


def _approach(utdf: Utdf, records: Records, row: Row, node: str, up: str, direction: str) -> Approach:
    def number(name: str, low: float, high: float) -> float | None:
        record = records.get(name)
        return None if record is None else record.number(direction, low, high)

    length = number("Distance", 0.1, 300_000)
    if length is None:
        raise row.fault(direction, "is upstream of an approach without a Distance; give one in [Links]")
    speed = number("Speed", 1, 150)
    lanes = number("Lanes", 0, _MAX_LANES)
    name = records["Name"].text(direction) if "Name" in records else ""
    return Approach(
        node, up, direction, length * utdf.metre, None if speed is None else speed * utdf.kmh,
        int(lanes or 0), name,
    )  # fmt: skip


def _groups(utdf: Utdf, approach: Approach, links: dict[str, Approach]) -> list[Group]:
    """The approach's turns that have a lane, share one or carry traffic, from the left."""
    records = utdf.lanes.get(approach.node, {})
    dest_row, up_row = records.get("Dest Node"), records.get("Up Node")
    found: list[Group] = []
    for turn in TURNS if dest_row is not None else ():
        code = approach.direction + turn
        assert dest_row is not None
        dest = dest_row.text(code)
        if not dest:
            continue
        if up_row is not None and up_row.text(code) not in ("", approach.up):
            raise up_row.fault(
                code,
                f"is not the upstream node of that approach in [Links] ('{approach.up}'); make them equal",
            )
        one = Group(code, turn, dest, 0, 0, records)
        one.own, one.shared = one.whole("Lanes", 0, 9) or 0, one.whole("Shared", 0, 3) or 0
        if (
            not one.own
            and not one.number("Volume", 0, 20_000)
            and not _is_shared_into(one, records, approach)
        ):
            continue
        if f"{approach.node}-{dest}" not in links:
            raise dest_row.fault(
                code,
                f"is no node that a link of [Links] joins with node '{approach.node}'; add the link there",
            )
        found.append(one)
    return found


def _is_shared_into(group: Group, records: Records, approach: Approach) -> bool:
    """Whether a neighbour with lanes shares one with this turn."""
    order = list(TURNS)
    at = order.index(group.turn)
    lanes, shared, dest = (records.get(name) for name in ("Lanes", "Shared", "Dest Node"))
    if lanes is None or shared is None or dest is None:
        return False
    for step, bit in ((1, 1), (-1, 2)):
        place = at + step
        while 0 <= place < len(order):
            code = approach.direction + order[place]
            if dest.text(code) and lanes.whole(code, 0, 9):
                if (shared.whole(code, 0, 3) or 0) & bit:
                    return True
                break
            place += step
    return False


def _lay_out(utdf: Utdf, approach: Approach) -> None:
    """Number the lanes at the stop line, find the bays, and give every group its lanes."""
    groups = approach.groups
    if not any(group.own for group in groups):
        for group in groups:
            group.slots = list(range(max(approach.listed_lanes, 1)))
        approach.numbers = list(range(1, max(approach.listed_lanes, 1) + 1))
        return
    slots = 0
    for group in groups:
        group.slots = list(range(slots, slots + group.own))
        slots += group.own
    if slots > _MAX_LANES:
        raise InputError(
            f"{utdf.path}, [Lanes]: approach {approach.direction} of node '{approach.node}' has {slots} "
            f"lanes; give at most {_MAX_LANES}"
        )
    _share(approach)
    lengths = _bay_lengths(utdf, approach)
    _number(approach, slots, lengths)


def _share(approach: Approach) -> None:
    """Shared lanes serve the neighbours too; a group left without a lane takes the nearest one."""
    groups = approach.groups
    with_lanes = [k for k, group in enumerate(groups) if group.own]
    for k in with_lanes:
        own = list(groups[k].slots[: groups[k].own])
        if groups[k].shared & 1 and k > 0:
            groups[k - 1].slots.append(own[0])
        if groups[k].shared & 2 and k + 1 < len(groups):
            groups[k + 1].slots.append(own[-1])
    for k, group in enumerate(groups):
        group.slots = sorted(set(group.slots))
        if not group.slots:
            nearest = min(with_lanes, key=lambda other: abs(other - k))
            group.slots = [groups[nearest].slots[0 if nearest > k else -1]]
            approach.notes.append(f"{approach.node}:{group.code} has no lane: it takes the nearest")


def _bay_lengths(utdf: Utdf, approach: Approach) -> dict[int, float]:
    """Slot -> length in m of the lanes that a storage length makes bays."""
    lengths: dict[int, float] = {}
    for group in approach.groups:
        storage = group.number("Storage", 0, 50_000)
        if not storage or group.turn == "T":
            continue
        number = group.whole("StLanes", 0, 9)
        number = group.own if number is None else min(number, len(group.slots))
        on_left = group.turn in _LEFT_SIDE
        for slot in group.slots[:number] if on_left else group.slots[len(group.slots) - number :]:
            lengths[slot] = max(storage * utdf.metre, _SHORTEST_BAY_M)
    return lengths


def _number(approach: Approach, slots: int, lengths: dict[int, float]) -> None:
    """Lane numbers: bays outside the full lanes on the left below 0, on the right above the full lanes."""
    for slot, length in list(lengths.items()):
        if length >= approach.length_m:
            del lengths[slot]
            approach.notes.append(f"{approach.id}: a bay of {length:.0f} m is a full lane")
    if len(lengths) == slots:  # traffic needs a full lane to get to the bays
        approach.notes.append(f"{approach.id}: all lanes are bays; they are full lanes")
        lengths.clear()
    left = next(k for k in range(slots) if k not in lengths)
    right = next(k for k in range(slots) if slots - 1 - k not in lengths)
    for slot in range(left, slots - right):
        if lengths.pop(slot, None) is not None:
            approach.notes.append(f"{approach.id}: a bay between full lanes is a full lane")
    full = slots - left - right
    approach.numbers = [*range(-left, 0), *range(1, full + right + 1)]
    approach.bays = {approach.numbers[slot]: length for slot, length in lengths.items()}
