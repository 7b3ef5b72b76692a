"""Schemas say *what*: data contracts, indicators, scoring schemes, and the values that travel between rooms."""
