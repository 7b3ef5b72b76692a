"""Intake: the checking engine is imported while files are read, for its import takes seconds in which this process only waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import Thread


@contextmanager
def validation_imported_meanwhile() -> Iterator[None]:
    """While the block waits for its worker processes, `tasks.intake.validate` is imported; afterwards it is there.

    A fault of that import is not hidden: whoever imports the module next meets it.
    """
    importing = Thread(target=import_module, args=("tasks.intake.validate",), daemon=True)
    importing.start()
    try:
        yield
    finally:
        importing.join()
