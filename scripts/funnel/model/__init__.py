"""What the study is about: data, seeds, the exact posterior, parameterizations."""
