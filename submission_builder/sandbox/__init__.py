"""Run a child process under limits and isolation, and report how it ends."""
