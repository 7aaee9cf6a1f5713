"""Diagnose a log of the server."""
