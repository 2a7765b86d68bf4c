"""Tests marked ``nojit`` once more, kernels as plain Python: indices are checked, overflow is seen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="this is the run without JIT")
def test_marked_tests_pass_without_compilation() -> None:
    pytest_command = Path(sys.executable).with_name("pytest")
    command = [pytest_command, "-m", "nojit", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST"):
        environment.pop(name, None)
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout[-4000:] + found.stderr[-2000:]
    assert " passed" in found.stdout
