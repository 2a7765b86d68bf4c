"""For those who write controllers: what every controller must satisfy, as one call.

from signalsim.testing import check_controller

def test_mine():
    check_controller(Mine())
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checks import check_controller

__all__ = ["check_controller"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'signalsim.testing' has no attribute {name!r}")
    from . import checks

    return getattr(checks, name)
