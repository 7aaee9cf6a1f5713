"""Train an architecture on window tables."""
