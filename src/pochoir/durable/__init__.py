"""Durable execution: work that survives the process. The durable library is used here alone; no product noun is known."""
