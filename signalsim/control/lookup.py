"""From what a user types to a controller: names, parameters, files of one's own."""

import dataclasses
import hashlib
import importlib
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from typing import Any

from signalsim.errors import InputError

from .registry import CONTROLLERS

_PLAIN = (bool, int, float, str, type(None))  # types whose repr says all of a value


def look_up(spec: str) -> Any:
    """The controller that ``spec`` names; InputError says what is wrong and what there is."""
    path, _, rest = spec.rpartition(".py:")
    if path:
        name, _, given = rest.partition(":")
        return _make(_class_from_file(Path(path + ".py"), name), spec, given)
    if spec.endswith(".py"):
        raise InputError(f"controller '{spec}': which class? Write {spec}:CLASS")
    name, _, given = spec.partition(":")
    if name not in CONTROLLERS:
        raise InputError(
            f"controller '{name}': no such controller; there are {', '.join(CONTROLLERS)}, or FILE.py:CLASS"
        )
    module, _, attribute = CONTROLLERS[name].partition(":")
    return _make(getattr(importlib.import_module(module), attribute), spec, given)


def _class_from_file(path: Path, name: str) -> type:
    if not path.is_file():
        raise InputError(f"controller file '{path}': no such file")
    place = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]  # two files may have one name
    module_name = f"signalsim_user_{path.stem}_{place}"
    found = importlib.util.spec_from_file_location(module_name, path)
    if found is None or found.loader is None:
        raise InputError(f"controller file '{path}': not a Python file")
    module = importlib.util.module_from_spec(found)
    sys.modules[module_name] = module  # dataclasses look their module up there
    keep, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        found.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise InputError(f"{user_place(error, path)}: {describe(error)}") from error
    finally:
        sys.dont_write_bytecode = keep
    controller = getattr(module, name, None)
    if not inspect.isclass(controller):
        there = [n for n, c in vars(module).items() if inspect.isclass(c) and c.__module__ == module_name]
        raise InputError(
            f"controller file '{path}': no class '{name}' in it; there are: {', '.join(there) or 'none'}"
        )
    return controller


def describe(error: BaseException) -> str:
    """An exception in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def user_place(error: BaseException, path: Path | str) -> str:
    """'FILE, line N' of the innermost line of the user's file in an exception; FILE as the user wrote it."""
    file = Path(path).resolve()  # Python names it absolutely, but as it was written
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).resolve() == file:
        return f"{path}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno for f in frames if Path(f.filename).resolve() == file]
    return f"{path}, line {lines[-1]}" if lines else str(path)


def _make(controller: type, spec: str, given: str) -> Any:
    """The class with the parameters of ``name=value,...``."""
    if not (hasattr(controller, "decide") or hasattr(controller, "prepare")):
        raise InputError(f"controller '{spec}': the class has neither decide(view) nor prepare(built)")
    try:
        return controller(**_parameters(controller, spec, given))
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        path = inspect.getsourcefile(controller) or spec
        raise InputError(f"controller '{spec}': {user_place(error, path)}: {describe(error)}") from error


def _parameters(controller: type, spec: str, given: str) -> dict[str, Any]:
    fields = {}
    if dataclasses.is_dataclass(controller):
        fields = {f.name: f for f in dataclasses.fields(controller) if f.init}
    parameters: dict[str, Any] = {}
    for part in filter(None, (p.strip() for p in given.split(","))):
        name, equals, text = part.partition("=")
        if not equals or name not in fields:
            raise InputError(
                f"controller '{spec}': '{part}' sets no parameter; there are: "
                f"{', '.join(f'{f}=' for f in fields) or 'none'}"
            )
        default = fields[name].default
        kind = type(default) if default is not dataclasses.MISSING else str
        parameters[name] = _value(text, kind, spec, name)
    return parameters


def _value(text: str, kind: type, spec: str, name: str) -> Any:
    if kind is bool:
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
    else:
        try:
            return kind(text)
        except ValueError:
            pass
    raise InputError(f"controller '{spec}', parameter '{name}': '{text}' is no {kind.__name__}")


def title(controller: Any) -> str:
    """What results call a controller: its repr; without one of its own, its class and its plain values.

    An object's address, which Python would show, differs from run to run.
    """
    if "__repr__" in {name for kind in type(controller).__mro__[:-1] for name in vars(kind)}:
        return repr(controller)
    plain = {name: v for name, v in getattr(controller, "__dict__", {}).items() if isinstance(v, _PLAIN)}
    return f"{type(controller).__name__}({', '.join(f'{name}={value!r}' for name, value in plain.items())})"


def source_digest(controller: Any) -> str:
    """sha256 of the file that a controller from outside the package is written in; '' if there is none."""
    if type(controller).__module__.startswith("signalsim."):
        return ""
    try:
        return hashlib.sha256(Path(inspect.getfile(type(controller))).read_bytes()).hexdigest()
    except (TypeError, OSError):
        return ""


def check_range(controller: Any, **limits: tuple[float, float]) -> None:
    """Raise InputError unless each named parameter is a number within its limits."""
    for name, (low, high) in limits.items():
        value = getattr(controller, name)
        if not isinstance(value, int | float) or not low <= value <= high:
            raise InputError(
                f"controller {type(controller).__name__}, parameter '{name}': "
                f"{value} is outside {low:g} to {high:g}"
            )
