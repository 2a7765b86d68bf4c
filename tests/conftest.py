"""What all tests share: both engines behind one fixture, the installed package, data that may be absent."""

import os
import signal
import sysconfig
from pathlib import Path

import pytest

import signalsim

ROOT = Path(__file__).parent.parent
_DATA = ROOT.parent / "shared" / "data"


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C count, which some tests press. Refuse to test the checkout by accident;
    SIGNALSIM_TEST_CHECKOUT=1 allows it while developing."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells start what runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    where = Path(signalsim.__file__).resolve()
    installed = any(
        where.is_relative_to(Path(sysconfig.get_path(kind)).resolve()) for kind in ("purelib", "platlib")
    )
    if not installed and not os.environ.get("SIGNALSIM_TEST_CHECKOUT"):
        pytest.exit(
            f"signalsim comes from {where.parent}, not from an installation; install it (pip install .) and "
            "run 'pytest', or set SIGNALSIM_TEST_CHECKOUT=1",
            returncode=4,
        )


@pytest.fixture(params=["numba", "simpy"])
def engine(request: pytest.FixtureRequest) -> str:
    """The same test on both engines."""
    return request.param


@pytest.fixture(scope="session")
def scenarios() -> Path:
    """The folder of the scenarios that the repository ships."""
    return ROOT / "scenarios"


@pytest.fixture(scope="session")
def research_data() -> Path:
    """Data sets that may be read but not redistributed; tests that need them skip where they are absent."""
    if not _DATA.is_dir():
        pytest.skip("needs ../shared/data (research data sets without a licence), which is not here")
    return _DATA
