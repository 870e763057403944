"""Fitting: the model in PyMC, the samplers, and the fits of a block of replicates."""
