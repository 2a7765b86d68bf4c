"""Counter-based random numbers: a value is a pure function of (seed, stream, entity, counter).

No state is carried, so two controllers that face the same seed face the same traffic, in whatever
order numbers are asked for, and a new NumPy changes nothing. The mixer is the finaliser of
SplitMix64 (Steele, Lea & Flood 2014), applied once per key part.
"""

import hashlib

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_TO_UNIT = 1.0 / (1 << 53)


def stream_key(seed: int, stream: str, replication: int = 0) -> np.uint64:
    """The 64-bit key of a named stream; streams of other names, seeds, replications are independent."""
    text = f"{seed}/{replication}/{stream}".encode()
    return np.uint64(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little"))


def mix(x):
    """SplitMix64's finaliser; uint64 scalar (compiled) or array (NumPy)."""
    x = (x ^ (x >> _S30)) * _MIX1
    x = (x ^ (x >> _S27)) * _MIX2
    return x ^ (x >> _S31)


def bits(key, entity, counter):
    """64 random bits of one (key, entity, counter); all uint64, scalars in kernels, arrays in NumPy."""
    return mix(mix(mix(key + entity * _GOLDEN) + _GOLDEN) + counter * _GOLDEN)


def unit(word):
    """uint64 -> float64 in [0, 1), 53 bits."""
    return (word >> _S11) * _TO_UNIT


def uniform(key: np.uint64, entity: np.ndarray, counter: np.ndarray) -> np.ndarray:
    """Uniform numbers in [0, 1) for arrays of entities and counters (broadcast), float64."""
    entities = np.atleast_1d(np.asarray(entity)).astype(np.uint64)
    counters = np.atleast_1d(np.asarray(counter)).astype(np.uint64)
    return unit(bits(np.full(1, key), entities, counters))
