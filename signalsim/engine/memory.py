"""Arrays whose rows lie on cache lines."""

import numpy as np

LINE = 128  # two cache lines: neighbours are fetched together


def aligned(n: int, dtype: np.dtype) -> np.ndarray:
    """``n`` zeroed rows that begin at a multiple of 128 bytes."""
    size = n * dtype.itemsize
    raw = np.zeros(size + LINE, np.uint8)
    start = -raw.ctypes.data % LINE
    return raw[start : start + size].view(dtype)
