"""The commands, one module each, imported only when called: `--help` must answer at once."""
