"""Replay a submission zip as the server would: windows in, predictions out."""
