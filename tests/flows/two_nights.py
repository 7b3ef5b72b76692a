"""Nights run one after another in a process of their own, so that a test can look at its servers between them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Self, cast

from tests.demonstration import ROOT

PROGRAM = """
import json, sys
from flows.collect import collect
for _ in sys.stdin:
    print("NIGHT", json.dumps(collect().as_record(), ensure_ascii=True), flush=True)
"""


class Nights:
    """A process that runs a night whenever it is told to."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], cwd=ROOT, env=dict(environment), stdin=pipe, stdout=pipe, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.communicate(timeout=60)

    def run(self) -> dict[str, object]:
        """One night; returns what the warehouse keeps of it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("NIGHT "):
                return cast("dict[str, object]", json.loads(line.removeprefix("NIGHT ")))
        raise AssertionError("the process ended without a night")
