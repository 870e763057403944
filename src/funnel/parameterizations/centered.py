"""The centered parameterization: NUTS samples theta_k."""

CENTEREDNESS = 1.0
