"""Engines: code that turns an image request into images. Leaves: blind to each other, to prices, users and the database."""
