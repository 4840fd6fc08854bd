"""Typesetting: which script a character is of, which face sets it, how it is shaped, and where lines break."""
