"""Images: the one path from a request to a stored, priced, charged image; artifacts and what is done to them."""
