"""OTAnalytics: intervals when clocks change."""

from pathlib import Path

import pytest
from support.countfiles import OTANALYTICS
from support.countreading import read


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [("2024-10-27 01:45", "2024-10-27 02:00", 15), ("2024-10-27 02:45", "2024-10-27 03:00", 15),
     ("2024-03-31 01:45", "2024-03-31 03:00", 15), ("2024-05-01 23:45", "2024-05-02 00:00", 15)],
)  # fmt: skip
def test_intervals_keep_their_length_when_clocks_change(
    start: str, end: str, minutes: int, tmp_path: Path
) -> None:
    content = OTANALYTICS.content.splitlines()
    content[1:] = [f"{start},,,{end},,,car,x,West,Ost,5"]
    (row,) = read(OTANALYTICS._replace(content="\n".join(content)), tmp_path).rows
    assert row.end_ms - row.start_ms == 60_000 * minutes
