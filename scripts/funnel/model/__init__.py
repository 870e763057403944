"""The statistical model: data sets, seeds, the exact posterior and parameterizations."""
