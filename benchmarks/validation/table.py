"""Rows of the validation, and how they are printed."""

import math
from typing import Any, NamedTuple


class Row(NamedTuple):
    """One measure of one case. ``met`` is None where nothing is to be met."""

    part: str  # calibration or held out
    case: str
    measure: str
    unit: str
    ours: float
    theirs: float  # mean over SUMO's seeds, or what was published
    sd: float  # between SUMO's seeds; NaN where there is one value only
    target: str
    met: bool | None
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs if self.theirs else math.nan


def skipped(part: str, case: str, why: str) -> Row:
    """A row for what could not be run."""
    return Row(part, case, "skipped", "", math.nan, math.nan, math.nan, "", None, why)


def document(row: Row) -> dict[str, Any]:
    """For ``--json``: NaN becomes null."""
    values = {**row._asdict(), "ratio": row.ratio}
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in values.items()
    }


HEADS = ("case", "measure", "ours", "SUMO / published", "ratio", "target", "met", "")


def text(rows: list[Row], markdown: bool = False) -> str:
    """Plain columns, or a table of Markdown."""
    cells = [_cells(row) for row in rows]
    if markdown:
        body = [HEADS, tuple("---" for _ in HEADS), *cells]
        lines = ["| " + " | ".join(row) + " |" for row in body]
    else:
        wide = [max(len(row[k]) for row in [HEADS, *cells]) for k in range(len(HEADS))]
        lines = ["  ".join(f"{cell:{w}}" for cell, w in zip(row, wide, strict=True)).rstrip()
                 for row in [HEADS, *cells]]  # fmt: skip
        lines.insert(1, "-" * max(map(len, lines)))
    judged = [row.met for row in rows if row.met is not None]
    return "\n".join([*lines, "", f"{sum(judged)} of {len(judged)} targets met"])


def _cells(row: Row) -> tuple[str, ...]:
    theirs = _number(row.theirs)
    if not math.isnan(row.sd):
        theirs += f" ± {_number(row.sd)}"
    met = {True: "yes", False: "NO", None: ""}[row.met]
    measure = f"{row.measure}, {row.unit}" if row.unit else row.measure
    ratio = "" if math.isnan(row.ratio) or row.unit in ("", "pairs") else f"{row.ratio:.2f}"
    return row.case, measure, _number(row.ours), theirs, ratio, row.target, met, row.note


def _number(value: float) -> str:
    if math.isnan(value):
        return ""
    if value == round(value) or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}"
