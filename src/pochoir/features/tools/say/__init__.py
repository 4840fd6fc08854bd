"""Edit by saying: a sentence becomes a changed spec, shown as a difference before it is taken."""
