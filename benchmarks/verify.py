"""Every verification of the engine against traffic theory, in its long form, as one table.

Theory is exact for the engine's rules, or stands beside with the verdict left empty. Tests are judged
together: the chance that any of them fails though all theory holds is at most 1 % (Holm 1979). Needs the
repository's tests beside this folder. Exit code 1 if a test fails.

    python benchmarks/verify.py [--only WORD] [--json]
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.verification import junctions, long, studies
from support.verification.lindley import Discharge
from support.verification.table import FAMILY_ERROR, Row, verdicts

SEED = 2024
LOADS = {0.3: 1, 0.5: 1, 0.7: 1, 0.85: 2, 0.95: 12}  # degree of saturation: batches of 64 x 4,000 cycles
RHOS = {0.3: 2, 0.6: 2, 0.9: 8, 0.95: 24}  # batches of 64 x 25 hours
Part = Callable[[], Iterable[Row]]


def parts() -> dict[str, list[Part]]:
    """What is verified, by subject; nothing runs before it is called."""
    return {
        "signal": [
            *(_part(long.even_arrivals, x) for x in (0.3, 0.8, 0.95, 1.2)),
            *(_part(long.random_arrivals, x) for x in (0.5, 0.95)),
            *(_part(studies.random_at_signal, x, 64, 4000, SEED, n) for x, n in LOADS.items()),
            _part(studies.random_at_signal, 0.7, 64, 4000, SEED, 1, Discharge(second_ms=500)),
        ],
        "green": [_part(studies.always_green, rho, 64, 25, SEED, n) for rho, n in RHOS.items()],
        "gaps": [
            *(
                _part(long.gap_integration, flows, headway)
                for flows, headway in product(([300], [900], [1500], [400, 500]), (1, 2000))
            ),
            *(_part(studies.permissive, q, 1, 64, 50, SEED) for q in (100, 300, 600, 900, 1200, 1500, 1800)),
            *(
                _part(studies.permissive, 1800 * share, 2000, 64, 50, SEED)
                for share in (0.1, 0.2, 0.35, 0.5, 0.65, 0.75, 0.85)
            ),
        ],
        "junctions": [junctions.rows],
        "waves": [long.waves],
        "platoons": [long.dispersion, long.green_wave],
        "properties": [long.properties],
    }


def _part(study: Callable[..., Iterable[Row]], *arguments: Any) -> Part:
    return lambda: study(*arguments)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=list(parts()), help="one subject alone")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    begun = time.perf_counter()
    rows: list[Row] = []
    for subject, studies_of in parts().items():
        if given.only in (None, subject):
            for part in studies_of:
                rows += part()
            print(f"{subject}: done after {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    words = verdicts(rows)
    if given.json:
        print(json.dumps([_document(*pair) for pair in zip(rows, words, strict=True)]))
    else:
        print(_table(rows, words))
    sys.exit("FAILS" in words)


def _document(row: Row, verdict: str) -> dict[str, Any]:
    number = lambda value: None if math.isnan(value) else value  # noqa: E731
    return {
        "what": row.what,
        "unit": row.unit,
        "theory": row.theory,
        "source": row.source,
        "simulated": row.simulated,
        "standard_error": number(row.se),
        "z": number(row.z),
        "verdict": verdict,
    }


def _table(rows: list[Row], words: list[str]) -> str:
    """Columns: what, theory, simulated, standard error (and in % of theory), z, verdict, source."""
    wide = max(len(row.what) for row in rows)
    numbers = f"{'theory':>12} {'simulated':>12} {'s.e.':>9} {'s.e. %':>7} {'z':>6}"
    head = f"{'what':{wide}}  {numbers}  {'verdict':8} source [unit]"
    lines = [head, "-" * len(head)]
    for row, word in zip(rows, words, strict=True):
        spread = " " * 24
        if not math.isnan(row.se):
            spread = f"{row.se:9.4f} {100 * row.relative_se:7.2f} {row.z:6.2f}"
        unit = f" [{row.unit}]" if row.unit else ""
        lines.append(
            f"{row.what:{wide}}  {row.theory:12.6g} {row.simulated:12.6g} {spread}  {word or '(beside)':8} "
            f"{row.source}{unit}"
        )
    tests, failed = sum(row.is_test for row in rows), words.count("FAILS")
    lines.append(f"{tests} tests, {failed} fail; chance of a false one {FAMILY_ERROR:.0%} in all (Holm 1979)")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
