"""Processes that go on after us: started with a log of their own, told again by id and time of birth, stopped with their children."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

STOP_SECONDS = 30.0
KEPT_LOGS = 5
_SAME_MOMENT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Service:
    """A process that is to run: its name, its command, and the folder its id and its logs stand in."""

    name: str
    command: Sequence[str]
    folder: Path

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / f"{self.name}.log"

    @property
    def _note(self) -> Path:
        return self.folder / f"{self.name}.json"

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it, unless it runs; the log of the time before is kept beside the new one."""
        if self.find():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        _turn_over(self.log)
        with self.log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                list(self.command), env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        born = psutil.Process(process.pid).create_time()
        self._note.write_text(json.dumps({"pid": process.pid, "born": born}), encoding="utf-8")

    def find(self) -> psutil.Process | None:
        """The process we started, if it still runs. Another that got its number since is not it."""
        try:
            told = json.loads(self._note.read_text(encoding="utf-8"))
            process = psutil.Process(told["pid"])
            is_ours = abs(process.create_time() - told["born"]) < _SAME_MOMENT_SECONDS
            return process if is_ours and process.status() != psutil.STATUS_ZOMBIE else None
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None

    def stop(self) -> bool:
        """Ask it and its children to end, insist after half a minute; returns whether it ran."""
        process = self.find()
        if process:
            everyone = [process, *process.children(recursive=True)]
            process.terminate()
            _, still = psutil.wait_procs(everyone, STOP_SECONDS)
            for one in still:
                one.kill()
            psutil.wait_procs(still, STOP_SECONDS)
        self._note.unlink(missing_ok=True)
        return process is not None

    def last_words(self) -> str:
        """The end of its log, for a message that says why it did not start."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:] if self.log.exists() else ""


def _turn_over(log: Path) -> None:
    """server.log becomes server.log.1, that one server.log.2, and the oldest goes."""
    for number in range(KEPT_LOGS - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
