"""Diagnosis: diagnostics and exact errors of each fit, and their collation into tables."""
