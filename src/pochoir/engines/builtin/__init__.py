"""Sketch, the built-in illustrator: draws vector pictures from words by rule. No AI model, no key, no network."""
