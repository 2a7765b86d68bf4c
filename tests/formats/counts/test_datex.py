"""DATEX II: rates become counts, in both versions."""

from pathlib import Path

import pytest
from support.countfiles import DATEX, Sample
from support.countreading import read, refused


def test_one_lane_that_is_out_leaves_the_link_uncounted(tmp_path: Path) -> None:
    """The sum of some lanes is no count of a link."""
    head = DATEX.content[: DATEX.content.index("<siteMeasurements>")]
    told = DATEX._replace(guide=DATEX.guide.replace('"RWS01 2" = "B"', '"RWS01 2" = "A"'))
    assert [(row.stream.link, row.vehicles) for row in read(told, tmp_path).rows] == [("A", None), ("C", 1)]
    assert head


def rate(value: str, guide: str = "") -> Sample:
    content = DATEX.content.replace("<vehicleFlowRate>240<", f"<vehicleFlowRate>{value}<")
    return DATEX._replace(content=content, guide=guide or DATEX.guide)


@pytest.mark.parametrize(
    ("value", "interval", "count", "quality"),
    [("240", 60, 4, "good"), ("240", 900, 60, "good"), ("1000", 300, 83, "suspect"), ("996", 300, 83, "good"),
     ("7", 3600, 7, "good"), ("0", 60, 0, "good"), ("-1", 60, None, "good")],
)  # fmt: skip
def test_a_rate_becomes_a_count(
    value: str, interval: int, count: int | None, quality: str, tmp_path: Path
) -> None:
    sample = rate(value, DATEX.guide.replace("interval_s = 60", f"interval_s = {interval}"))
    row = read(sample, tmp_path).rows[0]
    assert (row.vehicles, row.quality) == (count, quality)


def test_whose_time_is_not_told_is_asked_for(tmp_path: Path) -> None:
    told = refused(DATEX._replace(guide=DATEX.guide.replace('time_is = "end"\n', "")), tmp_path)
    assert 'say in the map time_is = "start", "end" or "middle"' in told
