"""From a recipe to a reproducible zip."""
