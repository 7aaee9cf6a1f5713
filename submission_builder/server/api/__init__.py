"""Public names of the versions of torch and braindecode that the server may have."""
