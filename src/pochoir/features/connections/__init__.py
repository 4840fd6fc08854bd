"""Connections: linked outside services and what they need to be reached; secrets sealed."""
