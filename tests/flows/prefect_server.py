"""A real Prefect server on loopback for tests: its own home, port and processes, stopped by their own ids."""

from __future__ import annotations

import http
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PREFECT = Path(sys.executable).with_name("prefect")

Record = dict[str, Any]
"""One object of the API as JSON; its values are of every kind."""


@dataclass(frozen=True)
class PrefectServer:
    """A running server: its address, the environment its clients need, where its processes log, and the login if it asks for one."""

    api: str
    environment: Mapping[str, str]
    folder: Path
    login: str = ""

    def run(self, *arguments: str) -> str:
        """Run a prefect command against the server; returns what it printed."""
        done = subprocess.run(
            [PREFECT, *arguments],
            cwd=ROOT,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def find(self, what: str, **wanted: object) -> list[Record]:
        """All objects of a kind (`flow_runs`, `artifacts`, …) that the filter in `wanted` lets through."""
        found: list[Record] = []
        while page := self._post(f"{what}/filter", {**wanted, "offset": len(found)}):
            found += page
        return found

    def create(self, path: str, **told: object) -> Record:
        """POST to the API; returns the object made."""
        made: Record = self._post(path, told)
        return made

    def deployments(self) -> dict[str, Record]:
        """The deployments by name."""
        return {deployment["name"]: deployment for deployment in self.find("deployments")}

    def wait_until_ended(self, *run_ids: str, seconds: float = 90) -> list[Record]:
        """The flow runs, once all of them are in a final state."""
        wanted = {"id": {"any_": list(run_ids)}}
        ended = {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]}}
        filters = {"flow_runs": {**wanted, "state": ended}}
        found = wait_for(
            lambda: self._post("flow_runs/filter", filters), lambda runs: len(runs) == len(run_ids), seconds
        )
        return sorted(found, key=lambda run: run_ids.index(run["id"]))

    def _post(self, path: str, body: Mapping[str, object]) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own server on loopback
            f"{self.api}/{path}",
            json.dumps(body).encode(),
            {"content-type": "application/json", "authorization": f"Basic {b64encode(self.login.encode()).decode()}"},
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                # The server's SQLite is busy: it asks to be asked again, and Prefect's own client does so.
                if error.code != http.HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                    raise
                time.sleep(1)

    @contextmanager
    def background(self, name: str, *arguments: str) -> Iterator[Path]:
        """Run a prefect command until the block ends; gives its log file."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [PREFECT, *arguments],
                cwd=ROOT,
                env=dict(self.environment),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            try:
                yield log
            finally:
                _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def wait_for(ask: Callable[[], list[Record]], enough: Callable[[list[Record]], bool], seconds: float) -> list[Record]:
    """What `ask` answers, as soon as it is enough; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not enough(found := ask()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s; the last answer: {found}")
        time.sleep(0.5)
    return found


@contextmanager
def brought_up(home: Path) -> Iterator[PrefectServer]:
    """What `doublehigh up` brings up in a home, with its login; brought down at the end."""
    port = _free_port()
    hurry = {"PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5", "PREFECT_WORKER_QUERY_SECONDS": "1"}
    environment = {**_kept(), **hurry, "DOUBLEHIGH_HOME": str(home)}
    try:
        command("up", "--port", str(port), environment=environment)
        login = (home / "prefect-login").read_text(encoding="utf-8").strip()
        api = f"http://127.0.0.1:{port}/api"
        clients = {"PREFECT_API_URL": api, "PREFECT_API_AUTH_STRING": login, "PREFECT_HOME": str(home / "prefect")}
        yield PrefectServer(api, {**environment, **clients}, home, login)
    finally:
        command("down", environment=environment)


def command(*arguments: str, environment: Mapping[str, str], code: int = 0) -> str:
    """Run a doublehigh command; returns all it printed."""
    done = subprocess.run(
        [PREFECT.with_name("doublehigh"), *arguments],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _kept() -> dict[str, str]:
    left_out = ("PREFECT_", "DOUBLEHIGH_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


@contextmanager
def prefect_server(folder: Path, environment: Mapping[str, str], port: int = 0) -> Iterator[PrefectServer]:
    """Start a server, at a free port unless told one, and wait until it is healthy."""
    port = port or _free_port()
    api = f"http://127.0.0.1:{port}/api"
    settings = {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }
    server = PrefectServer(api, {**_kept(), **environment, **settings}, folder)
    with server.background("server", "server", "start", "--host", "127.0.0.1", "--port", str(port)) as log:
        _wait_until_healthy(api, log)
        yield server


def _wait_until_healthy(api: str, log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{api}/health", timeout=5) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"the Prefect server did not start:\n{log.read_text(errors='replace')[-4000:]}")
