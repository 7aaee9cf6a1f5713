"""Joins releases and training: folders in, checkpoints out."""
