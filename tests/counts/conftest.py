"""Three days of counts, simulated once."""

from pathlib import Path

import pytest
from support.days import Days, simulate_days, write_days


@pytest.fixture(scope="session")
def days(scenarios: Path, tmp_path_factory: pytest.TempPathFactory) -> Days:
    return simulate_days(write_days(scenarios, tmp_path_factory.mktemp("days") / "hangzhou"))
