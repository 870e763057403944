"""Advice on a user's own data: the exact posterior, a centeredness for each group, and code."""
