"""A simulated release whose best reachable scores are known by calculation."""
