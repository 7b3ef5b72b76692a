"""Flows say *when*: the order of tasks, the settings, and the command line."""
