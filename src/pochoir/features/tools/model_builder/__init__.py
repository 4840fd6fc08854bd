"""The builder that asks a language model of the user's choice: structured output, checked, repaired, cross-checked."""
