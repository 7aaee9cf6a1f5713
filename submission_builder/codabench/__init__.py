"""The account on Codabench: its token."""
