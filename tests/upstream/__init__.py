"""A stand-in for OpenAI's images API: as strict in what it takes, billing by the published tables."""
