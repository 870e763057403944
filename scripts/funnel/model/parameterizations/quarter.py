"""The quarter parameterization: NUTS samples z_k a quarter of the way from eta_k to theta_k."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from funnel.model.data import GroupMeans, Priors


def centeredness(
    means: GroupMeans, priors: Priors, listed: Sequence[int] | None
) -> NDArray[np.float64]:
    """Return a centeredness of 0.25 for each individual, (K,)."""
    return np.full(means.K, 0.25)
