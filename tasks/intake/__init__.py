"""From a partner's file to facts: fetch, read, conform, validate, load."""
