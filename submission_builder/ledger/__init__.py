"""The ledger: one local SQLite file that remembers every build, check, evaluation and server result."""
