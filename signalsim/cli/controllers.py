"""``signalsim controllers``: what there is to choose from, and the beginning of one of your own."""

import keyword
import re
from pathlib import Path

import typer

from .templates import COMPILED, PLAIN
from .terminal import reported

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
def new(
    name: str = typer.Argument(help="What to call it, such as longest-queue."),
    compiled: bool = typer.Option(False, "--compiled", help="All junctions in one compiled call."),
) -> None:
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
                out.write((COMPILED if compiled else PLAIN).format(cls=cls, file=file))
        except FileExistsError:
            raise InputError(f"'{file}': exists already; choose another name or remove it") from None
        except OSError as error:
            raise InputError(f"'{file}': cannot be written: {error.strerror}") from error
        typer.echo(f"{file}: class {cls}. Check it: python {file}")
        typer.echo(f"Run it: signalsim compare SCENARIO --controllers deployed,{file}:{cls}")
