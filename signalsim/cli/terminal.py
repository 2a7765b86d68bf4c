"""What a person sees: one message per mistake, a progress bar on a terminal, a word about compilation."""

import errno
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from signalsim.errors import InputError

if TYPE_CHECKING:
    from signalsim.scenario import Scenario

INVALID_INPUT, INTERRUPTED = 3, 130
_WARNINGS = 5  # shown at most


def say(message: str) -> None:
    """A message to the user, on stderr: stdout is for results."""
    typer.echo(message, err=True)


@contextmanager
def reported() -> Iterator[None]:
    """A user's mistake, or a file that cannot be read or written, becomes one message and exit code 3;
    Ctrl-C a short word and 130. A reader of stdout that went away (``| head``) is no mistake.
    """
    try:
        yield
    except InputError as error:
        say(f"signalsim: {_one_line(str(error))}")
        raise typer.Exit(INVALID_INPUT) from None
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        say(f"signalsim: {error.filename or 'output'}: {error.strerror}; make room or name another place")
        raise typer.Exit(INVALID_INPUT) from None
    except KeyboardInterrupt:
        say("signalsim: interrupted, nothing was written")
        raise typer.Exit(INTERRUPTED) from None


def _one_line(text: str) -> str:
    """The text with line breaks and control characters, which names in files may hold, written out."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def announce_compilation() -> None:
    """Say so when the first run has to wait for the compiler."""
    say("compiling for the first time, up to half a minute; the next start will be quick …")


def left_out(scenario: "Scenario", engines: Sequence[str]) -> list[str]:
    """What of a scenario an engine does not simulate, in sentences."""
    if "sumo" not in engines or not len(scenario.signals.crossings):
        return []
    return ["SUMO simulates no pedestrians here: walks without a button are shown, nobody calls or crosses"]


def show_warnings(warnings: Sequence[str]) -> None:
    """What is allowed in the input but should be known, the first few of it."""
    for warning in warnings[:_WARNINGS]:
        say(f"note: {warning}")
    if len(warnings) > _WARNINGS:
        say(f"note: and {len(warnings) - _WARNINGS} more of this kind")


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int, str], None] | None]:
    """A function ``(done, total, label)`` that moves a bar on stderr; None where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # no refresh from a thread: the bar moves when a run ends
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task(what, total=None)
        bar.refresh()

        def move(done: int, total: int, label: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{what} {label}", refresh=True)

        yield move
