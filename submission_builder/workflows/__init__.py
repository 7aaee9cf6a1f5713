"""The verbs: each takes what a user hands it and returns one frozen result."""
