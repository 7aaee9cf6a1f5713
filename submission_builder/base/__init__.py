"""The foundation of every room: errors, atomic files, progress, jobs, the cache."""
