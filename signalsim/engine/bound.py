"""The kernels of one run, called by the addresses of its arrays.

Handing forty arrays of records to a compiled function costs Numba 30 microseconds, most of it to
find out their types; a run of sixteen junctions makes thousands of calls. Here the types are
written down and one array of (address, length) pairs is handed over.
"""

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array
from numba.np.numpy_support import as_dtype

from . import kernel, look
from .ahead import FROM_LANES, NODES
from .interlock import GROUP_STATE, JUNCTION_STATE, SignalState
from .jit import njit
from .records import RECORD
from .state import CROSSING_STATE, LANE, NODE, PLACE, SEGMENT_STATE, TOTAL, State, Trips, Wheel, arrays
from .surface import Sight
from .tables import (
    CROSSING,
    FEEDER,
    GROUP,
    JUNCTION,
    MOVEMENT,
    PRIORITY,
    SEGMENT,
    STEP,
    ZONE,
    Signals,
    Tables,
)

I4, I8, U8, B1 = np.dtype("i4"), np.dtype("i8"), np.dtype("u8"), np.dtype("?")
# Types of all arrays, in the order of the fields of Tables, Trips, State, the log and Sight.
_TABLES = (
    SEGMENT, *[I4] * 8, MOVEMENT, STEP, FEEDER, PRIORITY, I4, CROSSING, I4, ZONE, I4, JUNCTION, GROUP, U8, U8,
    I4,
)  # fmt: skip
_TRIPS = (I8, I4, I4, I4, I4, I8, I4, I4, I8, B1)
_STATE = (
    TOTAL, NODE, I4, U8, I4, I4, LANE, PLACE, I8, SEGMENT_STATE, I8, I8, I8, I8, I4, I4, I8, I8, I4,
    CROSSING_STATE, I8, JUNCTION_STATE, GROUP_STATE, I8,
)  # fmt: skip
_SIGHT = (I4, I4, I8, I8, I8, I8, I8, I8, I4, I4, I4, I8, I8, I8, B1, B1)
_TYPES = (*_TABLES, *_TRIPS, *_STATE, RECORD, *_SIGHT)


class Bound:
    """Tables, trips, state, log and sight of a run; the arrays must stay where they are."""

    def __init__(self, tables: Tables, trips: Trips, state: State, log: np.ndarray, sight: Sight) -> None:
        self._parts = (tables, trips, state, log)
        self._sight = sight
        is_city = len(tables.lane) >= FROM_LANES
        self._scout = np.full(NODES, -1, np.int32) if is_city else None  # two types: two loops are compiled
        held = [*arrays(tables), *arrays(trips), *arrays(state), log, *arrays(sight[1:])]
        for array, dtype in zip(held, _TYPES, strict=True):
            if array.dtype != dtype or not array.flags.c_contiguous:
                raise TypeError(f"{array.dtype}, contiguous {array.flags.c_contiguous}: {dtype} is expected")
        self._held = held
        self._at = np.array([(a.ctypes.data, len(a)) for a in held], np.int64).ravel()

    def start(self) -> None:
        """Schedule the first events."""
        if numba.config.DISABLE_JIT:
            kernel.start(*self._parts[:3])
        else:
            _call_start(self._at)

    def advance(self, until_ms: int) -> int:
        """See ``kernel.advance``."""
        if numba.config.DISABLE_JIT:
            return kernel.advance(*self._parts, None, until_ms)
        return _call_advance(self._at, self._scout, until_ms)

    def ask(self, stage: np.ndarray, switch_ms: np.ndarray) -> None:
        """See ``kernel.ask``; (n_junctions,) int32 and int64."""
        if numba.config.DISABLE_JIT:
            kernel.ask(self._parts[0], self._parts[2], stage, switch_ms)
        else:
            _call_ask(self._at, stage, switch_ms)

    def look(self, lanes: bool, signals: bool) -> None:
        """See ``look.look``."""
        if numba.config.DISABLE_JIT:
            look.look(*self._parts[:3], self._sight, lanes, signals)
        else:
            _call_look(self._at, lanes, signals)


@intrinsic
def _rows(typing_context, at, k, dtype):
    """The ``k``-th array of the list, whose rows are of ``dtype``; borrowed, as any kernel's arrays are."""
    array_type = types.Array(dtype.dtype, 1, "C")

    def generate(context, builder, signature, arguments):
        pairs = make_array(signature.args[0])(context, builder, arguments[0])
        first = builder.mul(
            context.cast(builder, arguments[1], signature.args[1], types.intp),
            context.get_constant(types.intp, 2),
        )
        address = builder.load(builder.gep(pairs.data, [first]))
        length = builder.load(
            builder.gep(pairs.data, [builder.add(first, context.get_constant(types.intp, 1))])
        )
        rows = make_array(array_type)(context, builder)
        size = context.get_constant(types.intp, as_dtype(dtype.dtype).itemsize)
        populate_array(
            rows,
            data=builder.inttoptr(address, rows.data.type),
            shape=[length],
            strides=[size],
            itemsize=size,
            meminfo=None,
        )
        return rows._getvalue()

    return array_type(at, k, dtype), generate


@njit(forceinline=True)
def _tables(at):
    return Tables(
        _rows(at, 0, SEGMENT), _rows(at, 1, I4), _rows(at, 2, I4), _rows(at, 3, I4), _rows(at, 4, I4),
        _rows(at, 5, I4), _rows(at, 6, I4), _rows(at, 7, I4), _rows(at, 8, I4), _rows(at, 9, MOVEMENT),
        _rows(at, 10, STEP), _rows(at, 11, FEEDER), _rows(at, 12, PRIORITY), _rows(at, 13, I4),
        _rows(at, 14, CROSSING), _rows(at, 15, I4), _rows(at, 16, ZONE), _rows(at, 17, I4),
        Signals(
            _rows(at, 18, JUNCTION), _rows(at, 19, GROUP), _rows(at, 20, U8), _rows(at, 21, U8),
            _rows(at, 22, I4),
        ),
    )  # fmt: skip


@njit(forceinline=True)
def _trips(at):
    return Trips(
        _rows(at, 23, I8), _rows(at, 24, I4), _rows(at, 25, I4), _rows(at, 26, I4), _rows(at, 27, I4),
        _rows(at, 28, I8), _rows(at, 29, I4), _rows(at, 30, I4), _rows(at, 31, I8), _rows(at, 32, B1),
    )  # fmt: skip


@njit(forceinline=True)
def _state(at):
    return State(
        _rows(at, 33, TOTAL), _rows(at, 34, NODE), Wheel(_rows(at, 35, I4), _rows(at, 36, U8)),
        _rows(at, 37, I4), _rows(at, 38, I4), _rows(at, 39, LANE), _rows(at, 40, PLACE), _rows(at, 41, I8),
        _rows(at, 42, SEGMENT_STATE), _rows(at, 43, I8), _rows(at, 44, I8), _rows(at, 45, I8),
        _rows(at, 46, I8), _rows(at, 47, I4), _rows(at, 48, I4), _rows(at, 49, I8), _rows(at, 50, I8),
        _rows(at, 51, I4), _rows(at, 52, CROSSING_STATE), _rows(at, 53, I8),
        SignalState(_rows(at, 54, JUNCTION_STATE), _rows(at, 55, GROUP_STATE), _rows(at, 56, I8)),
    )  # fmt: skip


@njit(forceinline=True)
def _sight(at):
    return Sight(
        0, _rows(at, 58, I4), _rows(at, 59, I4), _rows(at, 60, I8), _rows(at, 61, I8), _rows(at, 62, I8),
        _rows(at, 63, I8), _rows(at, 64, I8), _rows(at, 65, I8), _rows(at, 66, I4), _rows(at, 67, I4),
        _rows(at, 68, I4), _rows(at, 69, I8), _rows(at, 70, I8), _rows(at, 71, I8), _rows(at, 72, B1),
        _rows(at, 73, B1),
    )  # fmt: skip


@njit(inner=False)
def _call_start(at):
    kernel.start(_tables(at), _trips(at), _state(at))


@njit(inner=False)
def _call_advance(at, scout, until):
    return kernel.advance(_tables(at), _trips(at), _state(at), _rows(at, 57, RECORD), scout, until)


@njit(inner=False)
def _call_ask(at, stage, switch_ms):
    kernel.ask(_tables(at), _state(at), stage, switch_ms)


@njit(inner=False)
def _call_look(at, lanes, signals):
    look.look(_tables(at), _trips(at), _state(at), _sight(at), lanes, signals)
