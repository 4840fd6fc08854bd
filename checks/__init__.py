"""Our own lint rules. `python -m checks` runs them all and exits 1 when one finds something."""
