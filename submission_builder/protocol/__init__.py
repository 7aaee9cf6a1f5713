"""What the organisers fixed, as data and small pure functions."""
