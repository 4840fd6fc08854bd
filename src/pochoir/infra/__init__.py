"""Adapters to the outside: database, blobs, clock, secrets, logging. Knows no product noun."""
