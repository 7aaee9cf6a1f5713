"""The cargo: the only source that travels in a zip."""
