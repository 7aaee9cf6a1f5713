"""The public names of the server's torch and braindecode, and the script that lists them."""
