"""Facts about the server: limits, packages, candidate images, the index of its API, and replicas of it."""
