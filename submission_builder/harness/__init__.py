"""Replay a zip as the server would: windows in, predictions out."""
