"""Funnel measured against other programs, and its growth with the number of fits."""
