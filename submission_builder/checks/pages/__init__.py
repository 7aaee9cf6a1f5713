"""The rows of the catalogue, one file a family: what is required, why, what breaks it, what to do."""
