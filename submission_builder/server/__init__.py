"""What is known of the server: facts, images, the index of its packages' API, replicas."""
