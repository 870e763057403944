"""Advice on a user's own data: the exact posterior, and programs for models that grow from it."""
