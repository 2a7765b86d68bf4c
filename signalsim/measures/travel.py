"""Travel time."""

from .sums import NAN, SumsLike, travel_time_ms


def mean_travel_time_s(sums: SumsLike) -> float:
    """Mean time of a counted vehicle from wished departure to arrival, s.

    Vehicles that have not arrived enter with their time up to the end of the run, as the research
    literature on signal control does it; look at ``unserved`` beside it.
    """
    times = travel_time_ms(sums)
    return int(times.sum()) / len(times) / 1000 if len(times) else NAN
