"""Intake, reading: worker processes that start bare, without importing the program that started them a second time."""

from __future__ import annotations

import sys
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.popen_forkserver import Popen
from multiprocessing.process import BaseProcess
from types import ModuleType


class BareProcess(ForkServerProcess):
    """A process for which the starting program does not exist: `prefect` alone would cost each worker seconds and 100 MB."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Popen:  # noqa: N802 - multiprocessing's name
        program = sys.modules["__main__"]
        # While it starts a process, multiprocessing asks this module what the child has to import.
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            return ForkServerProcess._Popen(process_obj)
        finally:
            sys.modules["__main__"] = program


class BareContext(ForkServerContext):
    """What multiprocessing's `forkserver` context is, with bare processes."""

    Process = BareProcess
