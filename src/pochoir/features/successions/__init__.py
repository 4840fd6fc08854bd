"""Which model answers for a name that the team chose, or for a model that has ended."""
