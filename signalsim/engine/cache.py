"""Where things are kept that can be made again: compiled kernels, fetched wheels, imported networks."""

import os
from pathlib import Path


def cache_root() -> Path:
    """The folder of this program's caches; ``SIGNALSIM_CACHE_DIR`` moves it."""
    if given := os.environ.get("SIGNALSIM_CACHE_DIR"):
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(base) / "signalsim"
