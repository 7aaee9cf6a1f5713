"""The model zoo: architectures, their weights and how they are trained."""
