"""Combine cross-validated runs into one ensemble."""
