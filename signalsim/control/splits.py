"""Splits of a plan in rings as times in the cycle, counted from the beginning of the first barrier."""

from collections.abc import Sequence

from signalsim.signals.rings import Rings, Split


def split_times(rings: Rings, splits: Sequence[Split]) -> dict[int, tuple[int, int]]:
    """Phase number -> (start, end) of its split, ms."""
    length = {split.phase: round(1000 * split.split_s) for split in splits}
    out: dict[int, tuple[int, int]] = {}
    begin = 0
    for barrier in rings.barriers:
        ends = [begin]
        for ring in rings.ring_numbers:
            at = begin
            for phase in rings.within(ring, barrier):
                out[phase.number] = (at, at + length[phase.number])
                at += length[phase.number]
            ends.append(at)
        begin = max(ends)
    return out


def reference_ms(rings: Rings, splits: Sequence[Split], offset_point: str, yellow_s: Sequence[float]) -> int:
    """Where the point that an offset is of lies in the cycle, ms: start_of_green, end_of_green or
    end_of_yellow of the coordinated phase that is first to come there.
    """
    times = split_times(rings, splits)
    points = []
    for split in splits:
        if not split.coordinated:
            continue
        phase = rings.phase(split.phase)
        start, end = times[split.phase]
        green_end = end - round(1000 * phase.clear_s)
        yellow_end = green_end + round(1000 * float(yellow_s[phase.group]))
        points.append({"start_of_green": start, "end_of_green": green_end, "end_of_yellow": yellow_end}[offset_point])
    return min(points)
