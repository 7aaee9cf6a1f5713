"""The verb ``compare``: several zips on the same subjects, with paired differences and a plan for submissions."""
