"""Every figure of adaptive control that the project claims, table by table, from one command.

Adaptive controllers are those of the registry that follow no fixed plan, but for ``rollout`` (name it). Each
table is a module here and says what it holds. Tables are printed as Markdown, then what was aimed at and the
worst that was found. A table whose data or programs are absent says so and is left out; the exit code is 0
all the same, and 2 if nothing could be measured. ``--quick`` takes a minute and needs no data: tables are
then of one small case each.

    python -m benchmarks.controllers [research paper street sumo cameras oversaturation] [--quick]
        [--controllers A;B] [--json FILE] [--data FOLDER] [--resco FOLDER] [--workers N]

JSON: ``{"format_version": 1, "quick", "controllers": [names], "tables": {NAME: {"rows": [...], "claims":
[{"claim", "wanted", "found", "met"}], "seconds"}}, "absent": {NAME: reason}}``. A row names its case
(``set``, ``controller``, ``sensors``, ``stages``, ``x``) and holds measures by name with their unit;
``percent`` holds by baseline the paired difference and both ends of its 95 % interval, in percent, negative =
less delay; ``unserved`` and ``gridlocks`` are of all replications together. Names and meanings stay while
``format_version`` does; rows and fields may be added.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.cityflow import DATA
from signalsim.control.registry import get
from signalsim.errors import InputError

from . import cameras, oversaturation, paper, research, street, sumo
from .common import Absent, Form, Row, adaptive

FORMAT_VERSION = 1
TABLES = {
    "research": research,
    "paper": paper,
    "street": street,
    "sumo": sumo,
    "cameras": cameras,
    "oversaturation": oversaturation,
}
NEED_DATA = {"paper"}  # no short form


def main() -> int:
    parser = argparse.ArgumentParser(
        "benchmarks.controllers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"{', '.join(TABLES)}; by default all")
    parser.add_argument("--quick", action="store_true", help="small cases, for CI")
    parser.add_argument("--controllers", help="instead of all adaptive ones, separated by semicolons")
    parser.add_argument("--json", type=Path, help="file for the document")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of CityFlow's data sets")
    parser.add_argument("--resco", type=Path, help="RESCO's scenario folders, instead of the wheel")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    for name in given.tables:
        if name not in TABLES:
            parser.error(f"no table '{name}'; there are {', '.join(TABLES)}")
    wanted = given.tables or [name for name in TABLES if not (given.quick and name in NEED_DATA)]
    controllers = tuple(given.controllers.split(";") if given.controllers else adaptive())
    try:
        for name in controllers:
            get(name)
    except InputError as error:
        parser.error(str(error))
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "quick": given.quick,
        "controllers": controllers,
        "tables": {},
        "absent": {},
    }
    with tempfile.TemporaryDirectory() as made:
        form = Form(given.quick, controllers, given.workers, Path(made), given.data, given.resco)
        for name in wanted:
            try:
                document["tables"][name] = _table(name, TABLES[name], form)
            except (InputError, Absent) as error:
                document["absent"][name] = str(error)
                print(f"## {name}\n\nleft out: {error}\n", flush=True)
    if given.json:
        given.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0 if document["tables"] else 2


def _told(name: str, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, and on a terminal how many there are so far."""
    for k, row in enumerate(rows, 1):
        if sys.stderr.isatty():
            print(f"\r{name}: {k} rows", end="\r", file=sys.stderr)
        yield row


def _table(name: str, table: ModuleType, form: Form) -> dict[str, Any]:
    """Measure a table and print it."""
    begun = time.perf_counter()
    rows = list(_told(name, table.measure(form)))
    claims = [claim.row() for claim in table.claims(rows)] if hasattr(table, "claims") else []
    seconds = time.perf_counter() - begun
    print(f"## {name} ({seconds:.0f} s)\n\n{table.text(rows)}\n")
    for claim in claims:
        verdict = "met" if claim["met"] else "missed"
        print(f"- {claim['claim']}: {claim['found']:+.1f}, wanted {claim['wanted']:g} or less: {verdict}")
    print(flush=True)
    return {"rows": rows, "claims": claims, "seconds": seconds}


if __name__ == "__main__":
    sys.exit(main())
