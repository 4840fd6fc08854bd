"""The rules of the product: one folder per noun, the same file names in each (service.py, store.py)."""
