"""The rules of the organisers, as data and small pure functions."""
