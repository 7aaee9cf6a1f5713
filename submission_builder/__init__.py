"""Build, check and score submissions to the EEG Foundation Challenge."""
