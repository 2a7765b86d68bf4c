"""A JSON file of bounded size, checked by a pydantic model; every fault in one clear line."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from signalsim.errors import InputError
from signalsim.network.csvfile import check_file, shown, unreadable

MAX_BYTES = 512 << 20
Model = TypeVar("Model")

_REMEDIES = {
    "missing": "is missing; add it",
    "greater_than": "is too low; give more than {gt:g}",
    "greater_than_equal": "is too low; give {ge:g} or more",
    "less_than_equal": "is too high; give {le:g} or less",
    "finite_number": "is not finite; give a plain number",
    "float_type": "is no number; give a number",
    "int_type": "is no whole number; give a whole number",
    "int_from_float": "is no whole number; give a whole number",
    "int_parsing_size": "is too high; give a smaller number",
    "bool_type": "is neither true nor false; give one of them",
    "string_type": "is no text; give a text in quotation marks",
    "string_too_short": "is empty; give an id",
    "string_too_long": "is too long; give at most {max_length} characters",
    "literal_error": "is unknown; give {expected}",
    "too_short": "has too few entries; give {min_length} or more",
    "too_long": "has too many entries; give {max_length} or fewer",
    "list_type": "is no list; give a list in [ ]",
    "model_type": "is no object; give an object in {{ }}",
    "model_attributes_type": "is no object; give an object in {{ }}",
}


def read_json(path: Path, form: TypeAdapter[Model], what: str) -> Model:
    """What the file holds, as ``form`` has it; ``what`` names the file's kind in messages.

    The parser limits depth and the size of numbers. Raises InputError naming file, place and value.
    """
    check_file(path, f"give {what}")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(
                f"{path}: {size >> 20:,} MB; at most {MAX_BYTES >> 20} MB are read, split the file"
            )
        text = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None
    try:
        return form.validate_json(text.removeprefix(b"\xef\xbb\xbf"), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        reason = first["ctx"]["error"]
        raise InputError(f"{path}: not readable as JSON ({reason}); give {what}, complete and in UTF-8")
    raise InputError(told(path, first))


def place(steps: tuple[str | int, ...]) -> str:
    """Where in the file, as one would write it: ``roads[3].lanes[0].maxSpeed``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".") or "the whole file"


def fault(path: Path, where: str, value: object, remedy: str) -> InputError:
    """The error of one value: file, place, value, what would be right."""
    return InputError(f"{path}, {where}: {shown(value)} {remedy}")


def told(path: Path, error: Any) -> str:
    """The message of one of pydantic's errors."""
    where = f"{path}, {place(error['loc'])}"
    template = _REMEDIES.get(error["type"])
    if template is None:
        remedy = f"is not right; {error['msg'][0].lower()}{error['msg'][1:]}"
    else:
        remedy = template.format(**error.get("ctx", {}))
    value = error["input"]
    if error["type"] == "missing" or isinstance(value, dict | list):
        return f"{where} {remedy}"
    return f"{where}: {shown(value)} {remedy}"
