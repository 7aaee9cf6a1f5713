"""Train architectures on releases: folders in, checkpoints with cards out."""
