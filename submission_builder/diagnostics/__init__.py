"""Diagnoses of training data and trained nets in a fixed vocabulary, and advice on what to do next."""
