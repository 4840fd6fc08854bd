"""The vocabulary, pure: no I/O, no framework, only the standard library and pydantic. Read this folder first."""
