"""Metering: what an image will cost, what it did cost, the ledger and the budget."""
