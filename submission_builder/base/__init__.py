"""What every room rests on: errors, whole files, progress, jobs, the cache."""
