"""The offline builder: rules and tables of words that turn a description into a draft, without any model."""
