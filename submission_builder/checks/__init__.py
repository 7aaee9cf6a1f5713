"""The numbered checks of a submission zip: one function a check, its page in the docstring."""
