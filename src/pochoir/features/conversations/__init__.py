"""Responses that may be continued, and the language model that decides what is drawn next."""
