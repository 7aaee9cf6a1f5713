"""Start a child process with limits and bring back a typed outcome."""
