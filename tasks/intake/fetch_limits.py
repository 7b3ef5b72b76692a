"""Intake, fetching politely: how long, how large, how often, and how many at a time on one server."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sources.connectors.connector import FileNotFetchedError, Patience

_jitter = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one source may cost in a night. Sizes are bytes, times seconds.

    `attempts` is how often a connection that fails, or a file it breaks off in, is tried; before each further try we wait,
    `first_wait` at first and four times as long each time. A file changed less than `fresh_seconds` ago is looked at again
    after `look_again_seconds`: one that still changes is being written.
    """

    max_bytes: int = 50 * 1024 * 1024
    source_seconds: float = 900.0
    attempts: int = 3
    first_wait: float = 2.0
    longest_wait: float = 60.0
    fresh_seconds: float = 60.0
    look_again_seconds: float = 1.0
    patience: Patience = field(default=Patience())


class OutOfTimeError(FileNotFetchedError):
    """The time for this source is used up tonight."""


class Deadline:
    """When the work on one source ends, whatever is left to do."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left, 0 when none are."""
        return max(0.0, self.ends - time.monotonic())

    def check(self) -> None:
        """Does nothing while there is time.

        Raises:
            OutOfTimeError: there is none left.
        """
        if not self.left:
            raise OutOfTimeError(f"本次采集给该来源的时间（{self.seconds:g} 秒）已用完，留待下次采集")


def wait_before(failures: int, limits: FetchLimits, deadline: Deadline, sleep: Callable[[float], None]) -> None:
    """Waits after the nth failure in a row: longer each time, never twice the same, never past the deadline."""
    longest = min(limits.longest_wait, limits.first_wait * 4 ** (failures - 1))
    sleep(min(deadline.left, longest * _jitter.uniform(0.5, 1.0)))


class HostLimits:
    """At most so many connections at a time to one server, however many partners keep their files there."""

    def __init__(self, connections: int) -> None:
        self.connections = connections
        self._guard = threading.Lock()
        self._turns: dict[str, threading.BoundedSemaphore] = {}

    @contextmanager
    def turn(self, host: str | None) -> Iterator[None]:
        """Waits until the host has a connection to spare and holds it for the block; None is no server and has no limit."""
        if host is None:
            yield
            return
        with self._guard:
            turns = self._turns.setdefault(host, threading.BoundedSemaphore(self.connections))
        with turns:
            yield
