"""Downloads of releases from an S3 bucket: listing, selection, plan, transfer. Every file is whole or a ``.part``."""
