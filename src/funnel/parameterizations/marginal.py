"""The marginal parameterization: NUTS samples mu and tau only, and theta is drawn given them."""

MARGINAL = True
