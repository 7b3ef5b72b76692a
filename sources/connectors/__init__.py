"""One small class a kind of place where partners keep files."""
