"""Progress of long work: bars on a terminal, one line a stage elsewhere, nothing when nobody asked to see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Item = TypeVar("Item")


class Watcher(Protocol):
    """Someone who is told how far a stage is."""

    def begin(self, stage: str, total: int | None) -> None:
        """A stage of `total` steps begins; None when the number is not known."""

    def step(self) -> None:
        """One step of the stage is done."""


_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def progress_shown() -> Iterator[None]:
    """While the block runs, `watched` shows its stages on standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        with _told_to(_Lines(console)):
            yield
        return
    columns = (TextColumn("{task.description:24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars, _told_to(_Bars(bars)):
        yield


def watched(stage: str, items: Iterable[Item], total: int | None) -> Iterator[Item]:
    """The items as they are, while whoever watches is told of each."""
    watcher = _watcher.get()
    if watcher:
        watcher.begin(stage, total)
    for item in items:
        yield item
        if watcher:
            watcher.step()


@contextmanager
def stage(name: str) -> Iterator[None]:
    """A stage of one step: whoever watches is told when it begins and when it is done."""
    for _ in watched(name, (None,), 1):
        yield


@contextmanager
def _told_to(watcher: Watcher) -> Iterator[None]:
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


class _Lines:
    """For a log file: one line when a stage begins."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def begin(self, stage: str, total: int | None) -> None:
        self._console.print(f"{stage} ({total})" if total is not None else stage, highlight=False)

    def step(self) -> None:
        return


class _Bars:
    """For a terminal: a bar a stage."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task = bars.add_task("starting", total=None, visible=False)

    def begin(self, stage: str, total: int | None) -> None:
        self._task = self._bars.add_task(stage, total=total)

    def step(self) -> None:
        self._bars.advance(self._task)
