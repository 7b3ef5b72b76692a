"""A real Prefect server on loopback for tests: its own home, port and processes, stopped by their own ids."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PREFECT = Path(sys.executable).with_name("prefect")


@dataclass(frozen=True)
class PrefectServer:
    """A running server: its address, the environment its clients need, and where its processes log."""

    api: str
    environment: Mapping[str, str]
    folder: Path

    def run(self, *arguments: str) -> str:
        """Run a prefect command against the server; returns what it printed."""
        done = subprocess.run(
            [str(PREFECT), *arguments], cwd=ROOT, env=dict(self.environment), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, path: str, body: Mapping[str, object]) -> list[dict[str, object]]:
        """POST to the API; returns the answer."""
        request = urllib.request.Request(  # noqa: S310 - our own server on loopback
            f"{self.api}/{path}", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            found: list[dict[str, object]] = json.load(answer)
        return found

    @contextmanager
    def background(self, name: str, *arguments: str) -> Iterator[Path]:
        """Run a prefect command until the block ends; gives its log file."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(PREFECT), *arguments], cwd=ROOT, env=dict(self.environment), stdout=output, stderr=output, start_new_session=True
            )
            try:
                yield log
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait(10)


@contextmanager
def prefect_server(folder: Path, environment: Mapping[str, str]) -> Iterator[PrefectServer]:
    """Start a server and wait until it is healthy."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    api = f"http://127.0.0.1:{port}/api"
    settings = {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
    }
    server = PrefectServer(api, {**os.environ, **environment, **settings}, folder)
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
