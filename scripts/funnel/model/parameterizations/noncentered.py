"""The noncentered parameterization: NUTS samples eta_k = (theta_k - mu) / tau."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from funnel.model.data import GroupMeans, Priors


def centeredness(
    means: GroupMeans, priors: Priors, listed: Sequence[int] | None
) -> NDArray[np.float64]:
    """Return a centeredness of 0 for each individual, (K,)."""
    return np.zeros(means.K)
