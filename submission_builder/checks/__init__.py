"""The numbered catalogue: what is looked for in a zip, without running it."""
