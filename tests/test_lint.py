"""Style, types and the import contract: ``pytest tests/test_lint.py`` is the one command for all three."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

COMMANDS = {
    "ruff": [sys.executable, "-m", "ruff", "check", "."],
    "mypy": [sys.executable, "-m", "mypy"],
    "import-linter": [str(BIN / "lint-imports"), "--no-cache"],
}


@pytest.mark.parametrize("tool", COMMANDS)
def test_lint(tool: str) -> None:
    found = subprocess.run(
        COMMANDS[tool], cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}
    )
    assert found.returncode == 0, f"{tool}:\n{found.stdout}{found.stderr}"
