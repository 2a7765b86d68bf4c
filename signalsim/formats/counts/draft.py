"""A map to begin with: every name that a file has, still without its link."""

from pathlib import Path
from typing import Any

import tomli_w

from signalsim.store import new_file

from . import Converted

_HEAD = """\
# Which link or movement each place of the count file is. Write "LINK", or
# {link = "LINK", movement = "MOVEMENT"}; an empty text leaves the place out.
"""


def write_draft(converted: Converted, out: Path) -> None:
    """Write a new map with what the map so far has, and what it lacks. Raises InputError."""
    values: dict[str, Any] = converted.guide.model_dump(exclude_unset=True, exclude_none=True)
    values["format"] = converted.form.name
    values["places"] = values.get("places", {}) | dict.fromkeys(sorted(converted.unmapped), "")
    if converted.unknown_classes:
        values["classes"] = values.get("classes", {}) | dict.fromkeys(sorted(converted.unknown_classes), "")
    with new_file(out) as part:
        part.write_text(_HEAD + tomli_w.dumps(values), encoding="utf-8")
