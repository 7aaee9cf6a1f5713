"""Submit a zip to Codabench."""
