"""The half parameterization: NUTS samples z_k halfway between eta_k and theta_k."""

CENTEREDNESS = 0.5
