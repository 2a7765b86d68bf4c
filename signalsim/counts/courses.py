"""Courses of arrivals while a queue stands: what is counted is served, and arrivals have to be inferred."""

import numpy as np

FEW = 2  # intervals that must be seen beyond a queue's end
_WANDER = 0.15  # of proportions over time, at least


def conserved_courses(own: np.ndarray, a: int, b: int, base: np.ndarray | None) -> np.ndarray:
    """(n, m) courses of arrivals whose sum over the queue's time is that counted; the first is the best.

    The last is what was served: a demand with a second peak, which other links do not have, can keep a stop
    line busy all the while with hardly a queue, and no count tells that from a long queue.
    """
    lo, hi = max(a - 1, 0), min(b + 1, len(own))
    u = (np.arange(hi - lo) + 0.5) / (hi - lo)
    level = _one_level(own, base, lo, hi) if base is not None else None
    shapes = [] if base is None else [base]
    if level is None:
        shapes.append(np.ones(len(own)))
    out: list[np.ndarray] = []
    early: list[np.ndarray] = []
    for shape in shapes:
        near = max(FEW, (hi - lo) // 2)
        sides = [np.r_[max(0, lo - near) : lo], np.r_[hi : min(len(own), hi + near)]]
        first, last = (own[at].sum() / max(shape[at].sum(), 1e-9) for at in sides)
        usual = shape[lo:hi] * (first + (last - first) * u)
        for k, bulge in enumerate(_bulges(u)):
            more = (own[lo:hi].sum() - usual.sum()) / max(float((usual * bulge).sum()), 1e-9)
            out.append(np.maximum(usual * (1 + more * bulge), 0.0))
            early += [out[-1]] if k else []
    best = np.mean(early, axis=0) if level is None or base is None else base[lo:hi]
    courses = np.repeat(own[None], 2 + len(out), axis=0)
    for course, arrivals in zip(courses[:-1], [best, *out], strict=True):
        arrivals = arrivals * (own[lo:hi].sum() / max(arrivals.sum(), 1e-9))
        course[lo:hi] = _never_behind(arrivals, own[lo:hi])
    return courses


def _bulges(u: np.ndarray) -> list[np.ndarray]:
    """Courses of an excess over a queue's time ``u``, 0 to 1. The first may be, the others are likely: what
    exceeds capacity comes early, to be served later.
    """
    return [np.sin(np.pi * u) ** 2, u * (1 - u) ** 2, (u < 2 / 3) * 1.0, (u < 1 / 2) * 1.0]


def _one_level(own: np.ndarray, base: np.ndarray, lo: int, hi: int) -> float | None:
    """The proportion of two flows if it is the same before, during and behind [lo, hi), within two standard
    errors of Poisson counts; else None.
    """
    near = max(FEW, (hi - lo) // 2)
    spans = [slice(max(0, lo - near), lo), slice(lo, hi), slice(hi, hi + near)]
    pairs = [(own[at].sum(), base[at].sum()) for at in spans]
    level = float(sum(p[0] for p in pairs) / max(sum(p[1] for p in pairs), 1e-9))
    same = all(n > 0 and abs(n - level * of) < 2 * np.sqrt(n + level**2 * of) for n, of in pairs)
    return level if same else None


def _never_behind(arrivals: np.ndarray, served: np.ndarray) -> np.ndarray:
    """Arrivals whose running sum is never below what was served, with the sum of what was served."""
    running = np.minimum(np.maximum(np.cumsum(arrivals), np.cumsum(served)), served.sum())
    return np.diff(running, prepend=0.0)


def smooth(count: np.ndarray) -> np.ndarray:
    padded = np.pad(count, 1, mode="edge")
    mean: np.ndarray = np.convolve(padded, np.full(3, 1 / 3), mode="valid")
    return mean


def keeps_level(own: np.ndarray, base: np.ndarray, at: np.ndarray) -> bool:
    """Whether two flows have the same proportion in both halves of a time, within two standard errors."""
    (x, y), (p, q) = ((part.sum() for part in np.array_split(flow[at], 2)) for flow in (own, base))
    level = (x + y) / max(p + q, 1e-9)
    return bool(abs((x - level * p) - (y - level * q)) < 2 * np.sqrt(x + y + level**2 * (p + q)))


def wander_of(count: np.ndarray, before: np.ndarray, during: np.ndarray) -> float:
    """How far links' proportions differ between two times, as a standard deviation of their logarithms; at
    least _WANDER, because a link that is saturated may differ more.
    """
    part = count[:, during].sum(axis=1), count[:, before].sum(axis=1)
    usable = (part[0] > 20) & (part[1] > 20)
    if usable.sum() < 3:
        return _WANDER
    return max(float(np.log(part[0][usable] / part[1][usable]).std(ddof=1)), _WANDER)
