"""The centered parameterization: NUTS samples theta_k."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from funnel.model.data import GroupMeans, Priors


def centeredness(
    means: GroupMeans, priors: Priors, listed: Sequence[int] | None
) -> NDArray[np.float64]:
    """Return a centeredness of 1 for each individual, (K,)."""
    return np.ones(means.K)
