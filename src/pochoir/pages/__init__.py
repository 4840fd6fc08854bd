"""The pages that people use: each calls services and answers with a template. Blind to each other."""
