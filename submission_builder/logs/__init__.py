"""A log of the server, read as text: its exceptions, and their causes in the vocabulary of checks and outcomes."""
