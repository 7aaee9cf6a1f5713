"""What the predictions are worth."""
