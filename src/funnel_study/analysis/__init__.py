"""Analyses of the tables of fits and estimates, from performance measures to the answer."""
