"""Simulated releases, for which the best possible scores can be calculated."""
