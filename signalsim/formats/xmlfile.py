"""Reading XML element by element, in bounded memory, with entities and document types refused."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from xml.parsers import expat

from signalsim.errors import InputError
from signalsim.network.csvfile import check_file, shown, unreadable

_CHUNK = 1 << 16
_MAX_ELEMENT = 1 << 24  # bytes without a new element: no real file has a tag of 16 MB
_MAX_DEPTH = 64
_MAX_TEXTS = 10_000  # pieces of one element's text that are kept: no value is longer
_MAX_BYTES = 1 << 34  # of text after decompression
_MAX_RATIO, _SURE_BYTES = 100, 1 << 26  # real files of over 64 MB do not shrink to a hundredth


class Element(NamedTuple):
    """A start tag: how deep it stands (the root is 0), its name and attributes, its line."""

    depth: int
    tag: str
    attributes: dict[str, str]
    line: int


class End(NamedTuple):
    """An end tag: how deep its element stands, its name, the text directly inside it, its line."""

    depth: int
    tag: str
    text: str
    line: int


def elements(path: Path) -> Iterator[Element]:
    """Every start tag of an XML file (plain or gzip) in the file's order. Raises InputError as ``walk``."""
    for piece in walk(path, ends=False):
        assert isinstance(piece, Element)
        yield piece


def walk(path: Path, ends: bool = True) -> Iterator[Element | End]:
    """Every start tag and, with ``ends``, every end tag of an XML file (plain or gzip) in its order.

    Raises InputError, with file and line, for what is not well-formed XML, for a document type or an
    entity of its own (such files can be made to grow without bounds), for nesting deeper than any
    real file has, and for a file that cannot be read.
    """
    check_file(path, "give an XML file")
    found: list[Element | End] = []
    parser = expat.ParserCreate()
    depth = 0
    texts: list[list[str]] = []  # of the elements that are open

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if depth > _MAX_DEPTH:
            raise _fault(path, parser.CurrentLineNumber, "is nested too deeply for a file of this kind")
        found.append(Element(depth, tag, attributes, parser.CurrentLineNumber))
        depth += 1
        if ends:
            texts.append([])

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if ends:
            found.append(End(depth, tag, "".join(texts.pop()).strip(), parser.CurrentLineNumber))

    def text(part: str) -> None:
        if texts and len(texts[-1]) < _MAX_TEXTS:
            texts[-1].append(part)

    def refuse(*_: Any) -> None:
        raise _fault(path, parser.CurrentLineNumber, "declares a document type, which is not read; remove it")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    if ends:
        parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    silent = 0
    for chunk in chunks(path):
        try:
            parser.Parse(chunk, not chunk)
        except InputError:
            raise
        except (expat.ExpatError, ValueError, LookupError) as error:
            line = getattr(error, "lineno", parser.CurrentLineNumber)
            raise _fault(path, line, f"is not well-formed XML ({_told(error)}); is the file whole?") from None
        silent = 0 if found else silent + len(chunk)
        if silent > _MAX_ELEMENT:
            raise _fault(
                path, parser.CurrentLineNumber, "has an element of over 16 MB; is this the right file?"
            )
        yield from found
        found.clear()


def _fault(path: Path, line: int, what: str) -> InputError:
    return InputError(f"{path}, line {line}: {what}")


def _told(error: Exception) -> str:
    code = getattr(error, "code", None)
    return expat.ErrorString(code) or str(error) if code is not None else str(error)


def chunks(path: Path) -> Iterator[bytes]:
    """The file's bytes, decompressed where they are gzip, and an empty chunk at the end."""
    total = 0
    try:
        most = min(_MAX_BYTES, max(_SURE_BYTES, _MAX_RATIO * path.stat().st_size))
        with _opened(path) as file:
            while chunk := file.read(_CHUNK):
                total += len(chunk)
                if total > most:
                    raise InputError(
                        f"{path}: holds over {most >> 20:,} MB of text, more than is read from a file of "
                        "this size; is it the right file? Else split it, or unpack it"
                    )
                yield chunk
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: is no whole gzip file ({error}); copy it again") from None
    except OSError as error:
        raise unreadable(path, error) from None
    yield b""


def _opened(path: Path) -> BinaryIO | gzip.GzipFile:
    with path.open("rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if is_gzip else path.open("rb")


class Reader:
    """Checked access to the attributes of a file's elements."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fault(self, element: Element, name: str, remedy: str) -> InputError:
        """The error of one attribute: file, line, element, value, what would be right."""
        value = shown(element.attributes.get(name, ""))
        return InputError(f"{self.path}, line {element.line}, <{element.tag}> '{name}': {value} {remedy}")

    def text(self, element: Element, name: str) -> str:
        """An attribute that must be there."""
        value = element.attributes.get(name, "")
        if not value:
            raise self.fault(element, name, "is missing; the file needs it")
        return value

    def number(self, element: Element, name: str, default: float | None = None,
               low: float = -1e9, high: float = 1e9) -> float:  # fmt: skip
        """A number within limits; ``default`` where it is absent, without one it must be there."""
        text = element.attributes.get(name)
        if text is None and default is not None:
            return default
        try:
            value = float(text) if text is not None and len(text) < 64 else float("nan")
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise self.fault(element, name, f"is not a number from {low:g} to {high:g}; give one")
        return value

    def whole(self, element: Element, name: str, default: int | None = None,
              low: int = 0, high: int = 1_000_000) -> int:  # fmt: skip
        """A whole number within limits."""
        value = self.number(element, name, default, low, high)
        if value != int(value):
            raise self.fault(element, name, "is not a whole number; give one")
        return int(value)
