"""A client of Codabench's API: calls with validated replies, the upload, the wait, the token, and what was sent."""
