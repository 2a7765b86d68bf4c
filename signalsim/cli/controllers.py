"""``signalsim controllers``: what there is to choose from, and the beginning of one of your own."""

import keyword
import re
from pathlib import Path

import typer

from .terminal import reported

TEMPLATE = '''"""A signal controller of your own; try it with

    signalsim compare SCENARIO --controllers deployed,{file}:{cls}
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class {cls}:
    """Serves the longest queue; leaves a green only for a queue that is longer by ``margin_veh``."""

    interval_s: float = 5.0  # how often each junction is asked
    margin_veh: float = 2.0

    def decide(self, view):
        """The stage to go to: one of view.stages, or None to leave things as they are.

        A stage has id, queue_veh, near_veh, min_green_s, lanes, movements. The view has now_s, junction,
        stages, stage (in force; None while changing), stage_age_s, and by lane queue_veh, near_veh,
        vehicles, counts, arrivals_veh_h, valid (a camera works), downstream_veh by movement. The
        interlock keeps minimum greens and intergreens whatever is asked for.
        """
        if view.stage is None:
            return None
        if not all(view.valid.values()):  # cameras have failed: everybody gets a turn
            turn = int(view.now_s // 30) % len(view.stages)
            return view.stages[turn]
        longest = max(view.stages, key=lambda stage: stage.queue_veh)
        if longest.queue_veh < view.stage.queue_veh + self.margin_veh:
            return None
        return longest


if __name__ == "__main__":
    from signalsim.testing import check_controller

    check_controller({cls}())
    print("{cls} keeps what controllers promise")
'''

controllers = typer.Typer(
    invoke_without_command=True, help="List the controllers that come with the package."
)


@controllers.callback()
def list_them(context: typer.Context) -> None:
    """List the controllers that come with the package; ``new NAME`` begins one of your own."""
    if context.invoked_subcommand is not None:
        return
    with reported():
        from rich.console import Console
        from rich.table import Table

        from signalsim.control import CONTROLLERS, get

        table = Table(box=None, pad_edge=False)
        for column in ("Name", "What it does", "Parameters"):
            table.add_column(column)
        for name in CONTROLLERS:
            controller = get(name)
            summary = (type(controller).__doc__ or "").strip().split("\n\n")[0]
            parameters = repr(controller).partition("(")[2].removesuffix(")")
            table.add_row(name, " ".join(summary.split()), parameters)
        Console().print(table, highlight=False)


@controllers.command()
def new(name: str = typer.Argument(help="What to call it, such as longest-queue.")) -> None:
    """Write the beginning of a controller into NAME.py, to be changed; it runs as it is."""
    with reported():
        from signalsim.errors import InputError

        words = re.split(r"[-_ ]+", name)
        stem, cls = "_".join(words).lower(), "".join(word[:1].upper() + word[1:] for word in words)
        if not (cls.isidentifier() and stem.isidentifier()) or keyword.iskeyword(stem):
            raise InputError(f"controller name '{name}': use letters, digits, '-' and '_', a letter first")
        file = Path(f"{stem}.py")
        try:
            with file.open("x", encoding="utf-8") as out:
                out.write(TEMPLATE.format(cls=cls, file=file))
        except FileExistsError:
            raise InputError(f"'{file}': exists already; choose another name or remove it") from None
        except OSError as error:
            raise InputError(f"'{file}': cannot be written: {error.strerror}") from error
        typer.echo(f"{file}: class {cls}. Check it: python {file}")
        typer.echo(f"Run it: signalsim compare SCENARIO --controllers deployed,{file}:{cls}")
