"""Seeds of the random number generators, derived from the study's seed and the names of a cell.

The names are hashed with SHA-256. A seed therefore depends neither on the order or number of
scenarios, nor on the division of replicates into blocks, nor on the machine or Python version.
"""

from __future__ import annotations

import hashlib

import numpy as np


def seed_sequence(study_seed: int, *names: str | int) -> np.random.SeedSequence:
    """Return the seed sequence for `names`: a purpose, such as "data", then the cell's names.

    >>> seed_sequence(1, "data", "weak", 0).entropy == seed_sequence(1, "data", "weak", 0).entropy
    True
    """
    # the length before each name distinguishes ("ab", "c") from ("a", "bc")
    parts = [str(name).encode() for name in (study_seed, *names)]
    key = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return np.random.SeedSequence(int.from_bytes(hashlib.sha256(key).digest(), "big"))


def data_seed(study_seed: int, scenario: str, replicate: int) -> np.random.SeedSequence:
    """Return the seed of a replicate's data, which all parameterizations and samplers share."""
    return seed_sequence(study_seed, "data", scenario, replicate)


def fit_seed(
    study_seed: int, scenario: str, parameterization: str, sampler: str, replicate: int
) -> int:
    """Return the seed of a fit's sampler, an integer below 2^63.

    With fewer bits, two fits of a large study would probably have the same seed.
    """
    sequence = seed_sequence(study_seed, "fit", scenario, parameterization, sampler, replicate)
    return int(sequence.generate_state(1, np.uint64)[0]) >> 1
