"""Seeds: every random number of a study comes from its seed and the names of a cell.

The names are hashed (SHA-256), so a seed depends on nothing else: not on the order of the
scenarios, on how many there are, on blocks, machines or Python's own hash.
"""

from __future__ import annotations

import hashlib

import numpy as np


def seed_sequence(study_seed: int, *names: str | int) -> np.random.SeedSequence:
    """The seed sequence of the cell that `names` name, the first of them being its purpose.

    >>> seed_sequence(1, "data", "weak", 0).entropy == seed_sequence(1, "data", "weak", 0).entropy
    True
    """
    # a length before each name: ("ab", "c") and ("a", "bc") are different cells
    key = b"".join(len(part).to_bytes(8, "big") + part for part in _encoded(study_seed, *names))
    return np.random.SeedSequence(int.from_bytes(hashlib.sha256(key).digest(), "big"))


def data_seed(study_seed: int, scenario: str, replicate: int) -> np.random.SeedSequence:
    """The seed of a replicate's data: the same for all parameterizations and samplers."""
    return seed_sequence(study_seed, "data", scenario, replicate)


def fit_seed(
    study_seed: int, scenario: str, parameterization: str, sampler: str, replicate: int
) -> int:
    """The seed, below 2^32, that a fit hands to its sampler."""
    sequence = seed_sequence(study_seed, "fit", scenario, parameterization, sampler, replicate)
    return int(sequence.generate_state(1)[0])


def _encoded(*names: str | int) -> list[bytes]:
    return [str(name).encode() for name in names]
