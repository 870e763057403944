"""Comparison of a study with the published study of the same data."""
