"""What is on disk: the releases in folders, and the defects of one."""
