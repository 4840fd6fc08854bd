"""Assistants, the threads in which programs talk with them, and the runs that answer."""
