"""The OpenAI-compatible face: a translation between its wire and the services, with no rules of its own."""
