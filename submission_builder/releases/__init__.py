"""From a BIDS release folder to a recording store and window tables."""
