"""The marginal parameterization: NUTS samples mu and tau only, and theta is drawn afterwards."""

MARGINAL = True
# others have no closed form; by quadrature inside the model, a gradient takes ten times as long
LIKELIHOODS = ("normal", "normal_unknown_sigma")
