"""Figures: functions that return a plot."""
