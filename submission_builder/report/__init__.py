"""Show results; nothing here computes any."""
