"""The noncentered parameterization: NUTS samples eta_k = (theta_k - mu) / tau."""

CENTEREDNESS = 0.0
