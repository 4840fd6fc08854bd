"""The catalogue: cards of image models, found, resolved and compared."""
