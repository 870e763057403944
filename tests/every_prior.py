"""One prior of every kind, of mu and of tau, on the scale of small made-up data."""

from funnel import Exponential, Flat, HalfCauchy, HalfNormal, HalfT, Normal, Uniform
from funnel.priors import TauPrior

MU_PRIORS: list[Normal | Flat] = [Normal(0.5, 1.2), Flat()]
# the last is improper
TAU_PRIORS: list[TauPrior] = [
    HalfNormal(0.8),
    HalfCauchy(0.8),
    HalfT(3.0, 0.8),
    Exponential(0.8),
    Uniform(1.5),
    Uniform(),
]
