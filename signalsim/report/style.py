"""How figures look: colours that everyone can tell apart, nothing global touched, same bytes each time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, MUTED, GRID = "#1f2933", "#61707d", "#dde3e8"
BASELINE = "#5b6770"
# Okabe & Ito 2008, "Color universal design", without black and yellow (too light on white)
_HUES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_MARKERS = ("o", "s", "D", "^", "v", "P", "X")
# Stages: the same hues, lighter in the second round
STAGE_HUES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C8C00", "#999999")

_RC: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text: it can be searched, and read aloud
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def house_style(salt: str) -> Iterator[None]:
    """matplotlib's settings within the block only; ``salt`` keeps ids of several SVGs in a page apart."""
    import matplotlib

    settings: Any = {**_RC, "svg.hashsalt": salt}
    with matplotlib.rc_context(settings):
        yield


def colours(names: Sequence[str], baseline: str) -> dict[str, str]:
    """A colour for each controller; the baseline is grey."""
    others = [name for name in names if name != baseline]
    found = {name: _HUES[i % len(_HUES)] for i, name in enumerate(others)}
    found[baseline] = BASELINE
    return found


def markers(names: Sequence[str]) -> dict[str, str]:
    """A marker for each controller: colour is never the only difference."""
    return {name: _MARKERS[i % len(_MARKERS)] for i, name in enumerate(names)}


def save(figure: "Figure", path: Path) -> None:
    """Write SVG or PNG (by suffix) without date or program version: same figure, same bytes."""
    metadata = {"Date": None, "Creator": None} if path.suffix == ".svg" else {"Software": None}
    figure.savefig(path, metadata=metadata, dpi=160)


def svg_source(file: Path) -> str:
    """An SVG's text without what stands only in a file of its own, to be put into a page."""
    source = file.read_text(encoding="utf-8")
    return source[source.index("<svg") :]
