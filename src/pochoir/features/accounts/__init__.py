"""Accounts: members, their sessions, and API keys."""
