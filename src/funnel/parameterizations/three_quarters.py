"""The three_quarters parameterization: NUTS samples z_k three quarters of the way to theta_k."""

CENTEREDNESS = 0.75
