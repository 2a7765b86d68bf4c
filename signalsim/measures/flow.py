"""How many were served, and how fast."""

from .sums import NAN, SumsLike


def completed(sums: SumsLike) -> float:
    """Counted vehicles that arrived before the run ended."""
    return float((sums.counted & (sums.arrive_ms >= 0)).sum())


def unserved(sums: SumsLike) -> float:
    """Counted vehicles that had not arrived when the run ended, those still waiting to enter included.

    Not 0 means: demand was above what the control could serve, and the delays are lower bounds.
    """
    return float((sums.counted & (sums.arrive_ms < 0)).sum())


def gridlocks(sums: SumsLike) -> float:
    """Circles of lanes that waited for each other and had no departure for 300 s.

    Not 0 means: from then on part of the network stood still, and what is measured is how bad that got.
    """
    return float(sums.gridlocks)


def throughput_vph(sums: SumsLike) -> float:
    """Counted vehicles that arrived, per hour from the first wished departure to the last arrival, veh/h.

    With vehicles left over, the time runs to the end of the run.
    """
    done = sums.counted & (sums.arrive_ms >= 0)
    if not done.any():
        return NAN
    last = int(sums.arrive_ms[done].max()) if not unserved(sums) else int(sums.now_ms)
    span_ms = last - int(sums.depart_ms[sums.counted].min())
    return int(done.sum()) * 3_600_000 / span_ms if span_ms > 0 else NAN
