"""Every theta is sampled as eta = (theta - mu) / tau."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from funnel.model.data import GroupMeans, Priors


def centeredness(
    means: GroupMeans, priors: Priors, listed: Sequence[int] | None
) -> NDArray[np.float64]:
    return np.zeros(means.K)
