"""DeepStream: what is personal is neither kept nor told."""

from pathlib import Path

from support.countfiles import DEEPSTREAM
from support.countreading import read, refused

from signalsim.formats.counts import count_rows


def test_nothing_personal_is_kept(tmp_path: Path) -> None:
    """Neither plate nor picture nor track is in what is held or written, whatever else is."""
    found = read(DEEPSTREAM, tmp_path)
    held = repr(found) + repr(list(count_rows(found)))
    assert all(secret not in held for secret in ("XX1234", "Bugatti", "/pictures", "4f84", "84a3a0ad"))


def test_messages_show_no_plate(tmp_path: Path) -> None:
    broken = DEEPSTREAM.content.replace('"sedan"', "7.5")
    told = refused(DEEPSTREAM._replace(content=broken), tmp_path)
    assert "row 1, field 'object.vehicle.type': is no text" in told and "XX1234" not in told
