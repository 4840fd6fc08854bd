"""Step types: what a tool can do. Leaves: they reach images, language models and people through `steps/base.py` alone."""
