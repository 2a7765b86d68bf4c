"""What a validation runs, and the rows that come of it."""

import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.resco import FIGURE, import_one
from benchmarks.validation import freeflow, grids, measures, stopline
from benchmarks.validation.runs import GREEN_SUMO, OURS, SUMO, Result, Task
from benchmarks.validation.table import Row, skipped
from signalsim.errors import InputError

CALIBRATION, HELD_OUT = "calibration", "held out"
SLOW = "ingolstadt21"  # SUMO takes hours for it: only if asked for
CONTROLLERS = ("deployed", "webster", "split-reallocation", "max-pressure")
Results = dict[Task, Result]


class Form(NamedTuple):
    """How much is run."""

    grids: Sequence[grids.Grid]
    lines: Sequence[stopline.Line]
    cycles: int  # at a stop line
    alone: int  # vehicles, per grid
    loads: Sequence[float]  # degrees of saturation
    compared: Collection[tuple[int, float]]  # grids and loads at which all controllers are run
    minutes: float
    seeds: int
    resco: Sequence[str]
    resco_minutes: float  # of the hour


FIVE = tuple(name for name in FIGURE if name != SLOW)
LONG = Form(grids.GRIDS, stopline.LINES, 15, 60, (0.5, 0.7, 0.85, 0.95), {(0, 0.7)}, 15, 3, FIVE, 30)
SHORT = Form(grids.GRIDS[:1], stopline.LINES[1:2], 3, 6, (0.7,), (), 6, 2, (), 0)


class Part(NamedTuple):
    """Runs, and what they say."""

    tasks: Sequence[Task]
    rows: Callable[[Results], Iterable[Row]]


def calibration(form: Form, folder: Path) -> Iterator[Part]:
    """Stop lines, lone vehicles, grids. Raises InputError, CalledProcessError."""
    for line in form.lines:
        yield _stop_line(line, str(stopline.make(line, folder, form.cycles)))
    for number, grid in enumerate(form.grids):
        own = folder / f"grid{number}"
        own.mkdir()
        ways = grids.make(grid, own)
        yield _alone(grid.name, str(freeflow.make(ways, form.alone)))
        for x in form.loads:
            made = str(grids.loaded(ways, x, form.minutes, f"x{100 * x:.0f}"))
            controllers = CONTROLLERS if (number, x) in form.compared else CONTROLLERS[:1]
            yield _compared(CALIBRATION, f"{grid.name}, X = {x:g}", made, controllers, form.seeds, x)


def resco(form: Form, folder: Path, source: Path | None) -> Iterator[Part | Row]:
    """RESCO's scenarios, or why there are none."""
    for name in form.resco:
        try:
            made = import_one(name, source, folder, form.resco_minutes)
        except InputError as error:
            yield skipped(HELD_OUT, name, str(error))
        else:
            yield _compared(HELD_OUT, name, made, CONTROLLERS, form.seeds, None)


def _stop_line(line: stopline.Line, made: str) -> Part:
    ours, theirs = (Task(made, engine=engine, crossings=True) for engine in (OURS, SUMO))
    return Part(
        (ours, theirs),
        lambda found: [measures.saturation_flow(CALIBRATION, line.name, found[ours], found[theirs])],
    )


def _alone(name: str, made: str) -> Part:
    ours, theirs = (Task(made, engine=engine) for engine in (OURS, GREEN_SUMO))
    return Part(
        (ours, theirs), lambda found: [measures.free_flow(CALIBRATION, name, [found[ours]], [found[theirs]])]
    )


def _compared(
    part: str, case: str, made: str, controllers: Sequence[str], seeds: int, x: float | None
) -> Part:
    """All controllers in both engines: delays, ranks of links and signs of differences."""
    tasks = {
        engine: {c: [Task(made, c, engine, seed) for seed in range(seeds)] for c in controllers}
        for engine in (OURS, SUMO)
    }

    def rows(found: Results) -> Iterator[Row]:
        ours, theirs = (
            {c: [found[task] for task in own] for c, own in tasks[engine].items()} for engine in (OURS, SUMO)
        )
        for c in controllers:
            name = f"{case}, {c}"
            yield measures.delay(part, name, ours[c], theirs[c], x)
            if c == controllers[0]:
                yield measures.ranks(part, name, ours[c], theirs[c])
        if len(controllers) > 1:
            yield measures.signs(part, case, ours, theirs)

    return Part([task for own in tasks.values() for group in own.values() for task in group], rows)


Unable = (InputError, subprocess.CalledProcessError)
