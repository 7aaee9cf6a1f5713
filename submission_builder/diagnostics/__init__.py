"""What training data and a trained net are called, in words of a fixed vocabulary."""
