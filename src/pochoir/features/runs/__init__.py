"""Runs: one execution of a version of a tool, durable, made of steps; its quote before and its approvals in between."""
