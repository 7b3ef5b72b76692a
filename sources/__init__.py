"""Sources say *who*: partners, the places they keep their files, and the connectors that reach them."""
