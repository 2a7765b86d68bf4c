"""The command line. Loads Typer and nothing else of weight until a command runs.

Exit codes: 0 fine, 1 gate failed, 2 usage, 3 invalid input, 4 inconclusive, 130 interrupted, 143 terminated.
"""

import gc
import signal
import sys
from types import FrameType

import typer

from .compare import compare
from .controllers import controllers
from .counts import app as counts
from .exports import app as exports
from .fetch import fetch
from .imports import app as imports
from .network import app as network
from .plan import plan
from .run import run
from .terminal import INTERRUPTED

_BETWEEN_COLLECTIONS = 50_000  # objects; Python's own figure is some hundreds

app = typer.Typer(
    name="signalsim",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="What would adaptive traffic signals bring? Simulate a scenario, compare controllers.",
)
app.command()(run)
app.command()(compare)
app.command()(plan)
app.command()(fetch)
app.add_typer(controllers, name="controllers")
app.add_typer(imports, name="import")
app.add_typer(exports, name="export")
app.add_typer(counts, name="counts")
app.add_typer(network, name="network")


@app.callback(invoke_without_command=True)
def _options(version: bool = typer.Option(False, "--version", help="Print the version and leave.")) -> None:
    if version:
        from signalsim import __version__

        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Entry point of the command ``signalsim``."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")  # a terminal without UTF-8 shows ? for what it does not have
    signal.signal(signal.SIGTERM, _terminate)
    # a start makes half a million objects, of modules and kernels, which stay: looking through them for
    # garbage took a tenth of its time
    gc.set_threshold(_BETWEEN_COLLECTIONS)
    try:
        app()
    except KeyboardInterrupt:  # before a command has begun
        sys.exit(INTERRUPTED)


def _terminate(number: int, frame: FrameType | None) -> None:
    """Leave in order when told to end: processes are stopped, nothing half-written stays."""
    raise SystemExit(128 + number)
