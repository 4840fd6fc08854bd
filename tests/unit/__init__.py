"""Each module by itself, on a real database where one is needed."""
