"""Figures: a registry of what there is, and functions that return a plot."""

DPI = 200  # pixels per inch of PNG files
