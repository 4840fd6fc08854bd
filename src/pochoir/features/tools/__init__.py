"""Tools: specs and their rules, templates, the builders that make a spec from a description, versions."""
