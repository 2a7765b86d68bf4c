"""Compilation with Numba: one cache folder per state of the sources, announced when it is cold.

Numba does not notice an edit in a function that another compiled function imports. So the cache
lives in a folder named by a hash of every file that holds kernels; an edit gives a fresh folder.
``SIGNALSIM_CACHE_DIR`` moves it; ``NUMBA_DISABLE_JIT=1`` runs the kernels as plain Python.
"""

import hashlib
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numba
from numba import njit as _njit

from .cache import cache_root

_PACKAGE = Path(__file__).parent.parent
_KERNEL_FOLDERS = ("engine", "sensing", "control")


def _source_hash() -> str:
    digest = hashlib.blake2b(digest_size=10)
    digest.update(f"{numba.__version__} {sys.version_info[:2]}".encode())
    for folder in _KERNEL_FOLDERS:
        for file in sorted((_PACKAGE / folder).glob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def _load_array_functions() -> None:
    """Numba's array functions, which every kernel brings along, without the SciPy they look for.

    They look whether SciPy's BLAS is there, which loads a fifth of what a start takes. No kernel of ours
    multiplies matrices; in a user's that does, Numba looks again when it compiles it.
    """
    blas = "scipy.linalg"
    if blas in sys.modules:
        return
    sys.modules[blas] = None  # type: ignore[assignment]  # as Python has it: not to be imported
    try:
        import_module("numba.np.arraymath")
    finally:
        del sys.modules[blas]


_load_array_functions()
CACHE_DIR = cache_root() / f"kernels-{_source_hash()}"
numba.config.CACHE_DIR = str(CACHE_DIR)


def is_cold() -> bool:
    """True when the kernels have to be compiled first (half a minute, once per version)."""
    return not numba.config.DISABLE_JIT and not any(CACHE_DIR.glob("**/*.nbi"))


def njit(function=None, *, forceinline: bool = False, inner: bool | None = None):
    """``numba.njit`` with the project's cache; releases the GIL; no fast-math: bytes must repeat.

    ``inner`` functions are called by kernels alone: they get no entry from Python and no place of
    their own in the cache (that halves the time of a first compilation). Without a word about it,
    those are the ones whose names begin with an underscore.

    ``forceinline`` is for small helpers of hot loops: a call that is not inlined passes every array
    of a NamedTuple word by word.

    Kernels borrow their arrays and allocate nothing: without Numba's runtime (``_nrt``) there is no
    reference count to keep for every array that is touched (measured: ten times faster), and a kernel
    that tries to allocate does not compile.
    """
    if function is None:
        return lambda f: njit(f, forceinline=forceinline, inner=inner)
    is_inner = function.__name__.startswith("_") if inner is None else inner
    return _njit(
        cache=not is_inner,
        no_cpython_wrapper=is_inner,
        no_cfunc_wrapper=is_inner,
        forceinline=forceinline,
        nogil=True,
        error_model="numpy",
        _nrt=False,
    )(function)


def settled(kernel: Any) -> Callable[..., Any]:
    """A kernel for calls whose arguments have the same types every time: those of the first call.

    To find out the types of forty arrays takes Numba 10 microseconds, as long as sixteen junctions take to
    look at. Nothing checks them any more: for arrays of one's own alone. (The engine's records would take 30,
    see ``bound``.)
    """
    entry: Callable[..., Any] | None = None

    def call(*arguments: Any) -> Any:
        nonlocal entry
        if entry is not None:
            return entry(*arguments)
        result = kernel(*arguments)
        entry = kernel
        if not numba.config.DISABLE_JIT:
            entry = kernel.overloads[tuple(map(numba.typeof, arguments))].entry_point
        return result

    return call
