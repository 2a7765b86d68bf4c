"""Writing XML line by line: attributes in the order they are given, so that equal input is equal bytes."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr


def tag(name: str, *inner: str, **attributes: Any) -> str:
    """One element, with its inner lines indented. A trailing underscore is cut off: ``from_``."""
    cells = "".join(f" {key.rstrip('_')}={quoteattr(str(value))}" for key, value in attributes.items())
    if not inner:
        return f"<{name}{cells}/>"
    return "\n".join([f"<{name}{cells}>", *(f"    {line}" for line in inner), f"</{name}>"])


def write_xml(path: Path, root: str, lines: Iterable[str]) -> None:
    """A file with one root element."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>\n')
        for line in lines:
            file.write("    " + line.replace("\n", "\n    ") + "\n")
        file.write(f"</{root}>\n")


def seconds(ms: int) -> str:
    """Milliseconds as SUMO's seconds, without a needless zero."""
    return f"{ms / 1000:.3f}".rstrip("0").rstrip(".")
