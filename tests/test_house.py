"""House rules that no linter knows: what an import may cost, where files may lie."""

import subprocess
import sys
from pathlib import Path

import pytest

# numba looks at scipy's version by itself; what costs time are scipy's own packages
HEAVY = (
    "numpy", "numba", "scipy.linalg", "scipy.special", "scipy.stats", "scipy.sparse", "scipy.optimize",
    "matplotlib", "networkx", "simpy", "jinja2", "rich.progress",
)  # fmt: skip


def _loaded_after(code: str) -> set[str]:
    """Which heavy modules a fresh interpreter has loaded after ``code``."""
    script = f"import sys\n{code}\nprint('LOADED', *[m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(found.stdout.splitlines()[-1].split()[1:])


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert _loaded_after("import signalsim; dir(signalsim)") == set()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["compare", "--help"], ["run", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = f"""
sys.argv = ['signalsim', *{arguments!r}]
from signalsim.cli import main
try:
    main()
except SystemExit as end:
    assert end.code == 0, end.code
"""
    assert _loaded_after(code) == set()


def test_a_run_loads_no_plotting_statistics_or_graphs(scenarios: Path) -> None:
    code = f"""
sys.argv = ['signalsim', 'run', {str(scenarios / "crossing")!r}]
from signalsim.cli import main
try:
    main()
except SystemExit as end:
    assert end.code == 0, end.code
"""
    assert _loaded_after(code) <= {"numpy", "numba", "simpy"}


def test_the_public_names_are_there() -> None:
    import signalsim

    for name in signalsim.__all__:
        assert getattr(signalsim, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = signalsim.nothing
