"""The two faults a person outside the program can mend; every other exception is a defect of ours and keeps its traceback."""

from __future__ import annotations


class MisconfiguredError(ValueError):
    """A file of ours, a setting or an argument is wrong; the text says where, what was found and what is expected."""


class UnavailableError(RuntimeError):
    """A server, folder or database cannot be reached; the text says which and why."""
