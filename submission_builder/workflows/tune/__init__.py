"""Search for the settings with the best validation score: Optuna proposes, prunes and stores trials."""
