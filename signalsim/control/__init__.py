"""Controllers: one file each. They look through an Observation and only request."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .registry import CONTROLLERS, get

if TYPE_CHECKING:
    from .base import Controller, Policy, Request, make_request
    from .plain import Ask, prepare
    from .view import View

__all__ = ["CONTROLLERS", "Ask", "Controller", "Policy", "Request", "View", "get", "make_request", "prepare"]

_HOMES = {
    "Controller": "base",
    "Policy": "base",
    "Request": "base",
    "make_request": "base",
    "Ask": "plain",
    "View": "view",
    "prepare": "plain",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'signalsim.control' has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
