"""Replay a zip as the server would: windows in, answers out."""
