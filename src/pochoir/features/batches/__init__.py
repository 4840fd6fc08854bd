"""Many requests in one file, answered in the background."""
