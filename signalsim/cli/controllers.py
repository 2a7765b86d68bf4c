"""``signalsim controllers``: what there is to choose from."""

from .terminal import reported


def controllers() -> None:
    """List the controllers that come with the package."""
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
