"""The product used as people and programs use it: real processes, a real browser, real clients."""
