"""The quarter parameterization: NUTS samples z_k a quarter of the way from eta_k to theta_k."""

CENTEREDNESS = 0.25
