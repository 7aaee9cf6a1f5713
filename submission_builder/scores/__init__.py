"""Scores of predictions: nrmse with an interval, baselines, and weights of an ensemble."""
