"""Funnel: which parameterization of a hierarchical model NUTS can explore, measured.

Data flow one way: config, design, data, fit, diagnostics, summary, figures. No module imports a
later stage, and those that a fit needs import neither pydantic nor plotnine.
"""
