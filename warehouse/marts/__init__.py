"""Every query a report or a message stands on."""
