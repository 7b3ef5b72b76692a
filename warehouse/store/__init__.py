"""Every write to the warehouse, one module a kind of record."""
