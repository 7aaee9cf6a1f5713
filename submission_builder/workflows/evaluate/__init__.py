"""Score a submission zip on a release: the one room where harness and scores meet."""
