"""Operators of TorchScript in the versions of torch that the server may have."""
