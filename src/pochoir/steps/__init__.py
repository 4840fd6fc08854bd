"""Step types: what a tool can do. Leaves: they reach images, models and people through `steps/base.py` alone."""
