"""scenario.toml -> ScenarioConfig, with messages that say field, value and what would be right."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from signalsim.errors import InputError
from signalsim.network.csvfile import check_file, shown, unreadable
from signalsim.scenario.schema import DRAWS, ScenarioConfig

MAX_BYTES = 1 << 20


def _text(path: Path) -> str:
    check_file(path, "a scenario is a folder with a scenario.toml")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path}: larger than {MAX_BYTES} bytes; keep data in CSV files beside it")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        bad = raw[error.start : error.start + 1].hex()
        raise InputError(
            f"{path}, row {row}: byte 0x{bad} is not UTF-8 text; save the file as UTF-8"
        ) from None
    if "\0" in text:
        row = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{path}, row {row}: holds a zero byte, so the file is not text; save it as UTF-8")
    return text


def _fields_at(place: tuple[Any, ...]) -> list[str]:
    """Names that are allowed in the section where a field was found."""
    model: Any = ScenarioConfig
    for part in place:
        if isinstance(part, int):  # an element of a list of sections
            model = (get_args(model) or (None,))[0]
            continue
        field = (
            model.model_fields.get(part) if isinstance(model, type) and issubclass(model, BaseModel) else None
        )
        if field is None:
            return []
        model = field.annotation
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _remedy(error: Any) -> str:
    """What would be right, for one pydantic error."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        names = _fields_at(tuple(error["loc"][:-1]))
        near = difflib.get_close_matches(str(error["loc"][-1]), names, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"known here are {', '.join(names)}"
        return f"unknown field; {hint}"
    if kind == "missing":
        return "is missing; add it"
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    if kind in ("greater_than_equal", "less_than_equal"):
        (name, bound), *_ = context.items()
        return f"is out of range; give {bound} {'or more' if name == 'ge' else 'or less'}"
    if kind == "too_short":
        return "is empty; give at least one"
    if kind == "literal_error":
        return f"is unknown; give {context['expected']}"
    wanted = {
        "float_type": "a number", "int_type": "a whole number", "string_type": "a text in quotation marks",
        "list_type": "a list", "bool_type": "true or false", "datetime_type": "a date and time",
        "model_type": "a section with fields of its own",
    }.get(kind)  # fmt: skip
    return f"is of the wrong type; give {wanted}" if wanted else f"is not right: {error['msg']}"


def merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of ``own``, and of ``base`` what it does not say; sections are merged field by field."""
    out = dict(base)
    for key, value in own.items():
        section = out.get(key)
        out[key] = merged(section, value) if isinstance(value, dict) and isinstance(section, dict) else value
    return out


def over_import(made: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a scenario.toml over those of its import; where it lists trips, what the import says
    about drawing vehicles from counts goes.
    """
    demand = own.get("demand")
    if isinstance(demand, dict) and demand.get("trips") and isinstance(made.get("demand"), dict):
        made = {**made, "demand": {k: v for k, v in made["demand"].items() if k not in DRAWS}}
    return merged(made, own)


def read_config(path: Path, base: Mapping[str, Any] | None = None) -> ScenarioConfig:
    """The checked scenario.toml. ``base``: settings where it says nothing.

    Raises InputError with file, field, value and what would be right.
    """
    try:
        return _checked(path, _text(path), base or {})
    except RecursionError:
        raise InputError(f"{path}: nested too deeply; a scenario has one level of sections") from None


def _checked(path: Path, text: str, base: Mapping[str, Any]) -> ScenarioConfig:
    try:
        data = over_import(base, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not valid TOML: {error}; correct that place") from None
    except ValueError:
        raise InputError(f"{path}: holds a number of thousands of digits; correct it") from None
    try:
        return ScenarioConfig.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        value = "" if first["type"] == "missing" else f" = {shown(first['input'])}"
        raise InputError(f"{path}, field '{field}'{value}: {_remedy(first)}") from None
