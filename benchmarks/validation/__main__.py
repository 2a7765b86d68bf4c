"""The compiled engine beside SUMO's microsimulation (teleports off) and published figures: one table.

Calibration may look at stop lines, lone vehicles and grids made by netgenerate; RESCO's networks (fetched
from PyPI; ingolstadt21, which takes SUMO hours, only by name) and CityFlow's data sets are held out. Same
network, routes, departures and programs in both engines. Nothing is asserted. Needs the extra ``sumo``;
run it from the repository's folder.

    python -m benchmarks.validation [--quick] [--only calibration|resco|cityflow|ingolstadt21]
        [--json | --markdown] [--workers N] [--resco FOLDER] [--cityflow FOLDER]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.cityflow import DATA
from benchmarks.validation import plan, published
from benchmarks.validation.runs import run_all
from benchmarks.validation.table import Row, document, text
from signalsim.errors import InputError

PARTS = ("calibration", "resco", "cityflow")


def main() -> None:
    given = _arguments()
    form = plan.SHORT if given.quick else plan.LONG
    wanted = [given.only] if given.only else PARTS[:1] if given.quick else PARTS
    with tempfile.TemporaryDirectory() as made:
        try:
            rows = list(_rows(form, wanted, Path(made), given))
        except InputError as error:
            sys.exit(f"validation: {error}")
        except subprocess.CalledProcessError as error:
            sys.exit(f"validation: {error.cmd[0]}: {error.stderr.decode().strip()}")
        except FileNotFoundError as error:
            sys.exit(
                f"validation: {error.filename}: not found; install the extra sumo: pip install '.[sumo]'"
            )
    print(json.dumps([document(row) for row in rows], indent=1) if given.json else text(rows, given.markdown))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks.validation", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a short form of the calibration part")
    parser.add_argument("--only", choices=(*PARTS, plan.SLOW))
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--resco", type=Path, help="RESCO's scenario folders, instead of the wheel")
    parser.add_argument("--cityflow", type=Path, default=DATA, help="folder of CityFlow's data sets")
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true")
    forms.add_argument("--markdown", action="store_true")
    return parser.parse_args()


def _rows(
    form: plan.Form, wanted: list[str] | tuple[str, ...], made: Path, given: argparse.Namespace
) -> list[Row]:
    parts: list[plan.Part | Row] = []
    if "calibration" in wanted:
        parts += plan.calibration(form, made)
    if "resco" in wanted:
        parts += plan.resco(form, made, given.resco)
    if plan.SLOW in wanted:
        parts += plan.resco(form._replace(resco=(plan.SLOW,)), made, given.resco)
    tasks = [task for part in parts if isinstance(part, plan.Part) for task in part.tasks]
    found = run_all(tasks, given.workers) if tasks else {}
    rows = [row for part in parts for row in ([part] if isinstance(part, Row) else part.rows(found))]
    if "cityflow" in wanted:
        rows += published.rows(given.cityflow)
    return rows


if __name__ == "__main__":
    main()
