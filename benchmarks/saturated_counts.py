"""The saturated-count trap: what stop lines count in the peak hour, what demand was, and what is made of it.

scenarios/crossing with a busier main road, simulated for some hours around a peak; cameras count at stop
lines alone. One row per case: how the peak hour's count and the recovered demand differ from the truth, the
largest difference, and in how many runs the 90 % interval has the truth in it. The cases held out have other
shapes and other seeds than those by which the intervals' widths were chosen. Needs the repository's tests
beside this folder.

    python benchmarks/saturated_counts.py [--runs 20] [--json]
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.peaks import Course, Peak, bump, count_peak, double, write_peak

SCENARIOS = Path(__file__).parent.parent / "scenarios"


class Case(NamedTuple):
    """What differs between rows."""

    name: str
    link: str
    factor: float
    own: Course
    others: Course | None = None
    cut_h: int | None = None
    held_out: bool = False  # neither shape nor seeds had a part in choosing how wide intervals are


def ramp(rise_h: float, fall_h: float, low: float = 0.4) -> Course:
    """A peak without a flat top at 1.5 h, that rises and falls in a straight line."""
    return lambda h: max(low, 1 - (1 - low) * max((1.5 - h) / rise_h, (h - 1.5) / fall_h))


CASES = (
    Case("clears, neighbours alike", "E_in", 2.5, bump()),
    Case("clears, neighbours alike", "W_in", 2.1, bump()),
    Case("clears, neighbours earlier", "E_in", 2.6, bump(), bump(1.25, 0.7, 0.5)),
    Case("clears, neighbours flatter", "E_in", 2.6, bump(), bump(1.5, 0.9, 0.7)),
    Case("does not clear, alike", "E_in", 2.6, bump(), None, 2),
    Case("does not clear, flatter", "E_in", 2.6, bump(), bump(1.5, 0.8, 0.55), 2),
    Case("a ramp, alike", "E_in", 2.7, ramp(1.0, 1.0), held_out=True),
    Case("fast up, slowly down, alike", "W_in", 2.2, ramp(0.5, 1.8), held_out=True),
    Case("slowly up, fast down, alike", "E_in", 2.6, ramp(1.4, 0.6), held_out=True),
    Case("two peaks, alike", "E_in", 2.6, double(), held_out=True),
    Case("a ramp, neighbours flat", "E_in", 2.7, ramp(1.0, 1.0), lambda h: 0.8, held_out=True),
    Case("two peaks, neighbours one", "W_in", 2.2, double(), bump(), held_out=True),
    Case("a ramp, does not clear", "E_in", 2.7, ramp(1.0, 1.0), None, 2, held_out=True),
    Case("two peaks, does not clear", "W_in", 2.2, double(), None, 2, held_out=True),
)
OTHER_SEEDS = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        rows = [row(case, Path(made) / str(k), given.runs) for k, case in enumerate(CASES)]
    print(json.dumps(rows, indent=2) if given.json else table(rows))


def row(case: Case, folder: Path, runs: int) -> dict[str, Any]:
    """All runs of a case."""
    write_peak(SCENARIOS, folder, case.link, case.factor, case.own, case.others)
    first = OTHER_SEEDS if case.held_out else 0
    peaks = [
        count_peak(folder, case.link, seed, folder.with_suffix(f".{seed}.csv"), case.cut_h)
        for seed in range(first, first + runs)
    ]
    found = [peak for peak in peaks if len(peak.found) == 1 and peak.found[0].method != "refused"]
    off = [100 * (peak.over[1] / peak.true - 1) for peak in found]
    return {
        "case": case.name,
        "link": case.link,
        "held_out": case.held_out,
        "runs": runs,
        "methods": dict(Counter(peak.found[0].method if peak.found else "not seen" for peak in peaks)),
        "counted_percent": float(np.mean([_counted(peak) for peak in peaks])),
        "demand_percent": float(np.mean(off)) if off else None,
        "worst_percent": float(np.abs(off).max()) if off else None,
        "covered": sum(peak.over[2] <= peak.true <= (peak.over[3] or np.inf) for peak in found),
        "told": len(found),
    }


def _counted(peak: Peak) -> float:
    return 100 * (peak.over[0] / peak.true - 1) if len(peak.found) == 1 else 0.0


def table(rows: list[dict[str, Any]]) -> str:
    """Fixed columns."""
    lines = [f"{'case':28}{'link':6}{'counted %':>10}{'demand %':>10}{'worst':>7}{'covered':>10}  methods"]
    for found in rows:
        demand, worst = (
            "" if found[name] is None else f"{found[name]:{sign}.1f}"
            for name, sign in (("demand_percent", "+"), ("worst_percent", ""))
        )
        methods = ", ".join(f"{name} {n}" for name, n in found["methods"].items())
        if found["held_out"] and "held out" not in lines:
            lines += ["", "held out"]
        lines.append(
            f"{found['case']:28}{found['link']:6}{found['counted_percent']:+10.1f}{demand:>10}{worst:>7}"
            f"{found['covered']:>6} of {found['told']:<2}  {methods}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
