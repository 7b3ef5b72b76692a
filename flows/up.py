"""Up and down: the warehouse, Prefect's server, the deployments and a worker on one machine, each seen to be well before the next."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from flows.prefect_environment import POOL, known_login, login_of, prefect_environment
from flows.services import Service
from flows.settings import Settings
from schemas.errors import MisconfiguredError, UnavailableError
from warehouse.migrate import migrate

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

PREFECT = str(Path(sys.executable).with_name("prefect"))
START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where to bring things up: the settings, address and port of the server, and whether its pages ask for a login."""

    settings: Settings
    host: str = "127.0.0.1"
    port: int = 4200
    needs_login: bool = True

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://{self.host}:{self.port}"

    @property
    def login_file(self) -> Path:
        """The file that holds the login."""
        return self.settings.home / "prefect-login"

    def environment(self) -> dict[str, str]:
        """What the server, the worker and commands are told."""
        login = (known_login(os.environ) or login_of(self.login_file)) if self.needs_login else None
        return prefect_environment(self.settings.home, self.host, self.port, login)


def services(settings: Settings) -> tuple[Service, Service]:
    """The server and the worker of a home, running or not."""
    folder = settings.home / "run"
    server = Service("server", (PREFECT, "server", "start"), folder)
    return server, Service("worker", (PREFECT, "worker", "start", "--pool", POOL, "--name", "doublehigh-up"), folder)


def bring_up(place: Place, say: Callable[[str], None]) -> None:
    """Bring everything up that does not run yet, and say each step. Called again it registers the deployments anew.

    Raises:
        MisconfiguredError: a setting or a file of ours is wrong.
        UnavailableError: the port is taken, or something did not start; the text ends with its last words.
    """
    plan = find_plan()
    place.settings.home.mkdir(parents=True, exist_ok=True)
    server, worker = services(place.settings)
    environment = place.environment()
    _migrate(place.settings, say)
    _start_server(place, server, environment)
    say(f"server: {place.url}")
    with _client(environment) as client:
        _register_all(client, plan, environment, say)
        worker.start({"PREFECT_WORKER_QUERY_SECONDS": "5", **environment})
        _wait(lambda: _has_worker(client), worker, "the worker did not register with the server")
    say("worker: ready")


def register(settings: Settings, say: Callable[[str], None]) -> None:
    """Migrate the warehouse and register the deployments with the server the environment names, as soon as it answers.

    Raises:
        MisconfiguredError: PREFECT_API_URL is not set, or a setting or a file of ours is wrong.
        UnavailableError: the server does not answer within two minutes, or refuses.
    """
    plan = find_plan()
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        raise MisconfiguredError("PREFECT_API_URL is not set: it says where the server is; `doublehigh up` starts one")
    _migrate(settings, say)
    deadline = time.monotonic() + START_SECONDS
    while not _is_healthy(url.removesuffix("/api")):
        if time.monotonic() > deadline:
            raise UnavailableError(f"the server does not answer at {url}; start it, or correct PREFECT_API_URL")
        time.sleep(0.5)
    with _client(os.environ) as client:
        _register_all(client, plan, os.environ, say)


def bring_down(settings: Settings, say: Callable[[str], None]) -> None:
    """Stop the worker and the server that `bring_up` started in this home, and nothing else."""
    for service in reversed(services(settings)):
        say(f"{service.name}: {'stopped' if service.stop() else 'was not running'}")


def find_plan() -> Path:
    """prefect.yaml of the checkout the program runs from.

    Raises:
        MisconfiguredError: there is none: the program was installed without its checkout.
    """
    path = Path(__file__).parents[1] / "prefect.yaml"
    if not path.is_file():
        raise MisconfiguredError(f"{path} is not there: `up` needs the checkout; see docs/operations.md for other ways")
    return path


def _start_server(place: Place, server: Service, environment: Mapping[str, str]) -> None:
    if not server.find():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((place.host, place.port))
            except OSError as error:
                raise UnavailableError(
                    f"port {place.port} of {place.host} cannot be used ({error.strerror}); "
                    "stop what uses it, or choose another with --port"
                ) from error
        server.start(environment)
    _wait(lambda: _is_healthy(place.url), server, f"the server does not answer at {place.url}")


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/health", timeout=5) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def _wait(is_well: Callable[[], bool], service: Service, otherwise: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_well():
        if service.find() is None or time.monotonic() > deadline:
            raise UnavailableError(f"{otherwise}; the end of {service.log}:\n{service.last_words()}")
        time.sleep(0.5)


@contextmanager
def _client(environment: Mapping[str, str]) -> Iterator[SyncPrefectClient]:
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - `down` need not wait for it
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings  # noqa: PLC0415

    login = environment.get("PREFECT_API_AUTH_STRING")
    told = {PREFECT_API_URL: environment["PREFECT_API_URL"], **({PREFECT_API_AUTH_STRING: login} if login else {})}
    with temporary_settings(updates=told), get_client(sync_client=True) as client:
        yield client


def _migrate(settings: Settings, say: Callable[[str], None]) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    migrate(settings.warehouse_url)
    say("warehouse: at the newest schema")


def _register_all(
    client: SyncPrefectClient, plan: Path, environment: Mapping[str, str], say: Callable[[str], None]
) -> None:
    _make_pool(client)
    _register(plan, environment)
    gone = _drop_stale(client, plan)
    say(f"deployments: {len(_planned(plan))} registered" + (f", removed {', '.join(gone)}" if gone else ""))


def _make_pool(client: SyncPrefectClient) -> None:
    from prefect.client.schemas.actions import WorkPoolCreate  # noqa: PLC0415
    from prefect.exceptions import ObjectAlreadyExists  # noqa: PLC0415

    try:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
    except ObjectAlreadyExists:
        return


def _register(plan: Path, environment: Mapping[str, str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [PREFECT, "--no-prompt", "deploy", "--all"],
        cwd=plan.parent, env=dict(environment), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise UnavailableError(f"the deployments could not be registered:\n{(done.stdout + done.stderr)[-2000:]}")


def _planned(plan: Path) -> set[str]:
    return {str(one["name"]) for one in yaml.safe_load(plan.read_text(encoding="utf-8"))["deployments"]}


def _drop_stale(client: SyncPrefectClient, plan: Path) -> list[str]:
    """Deployments of our pool that the plan no longer names would go on running by their old schedule."""
    planned = _planned(plan)
    stale = [one for one in client.read_deployments() if one.work_pool_name == POOL and one.name not in planned]
    for one in stale:
        client.delete_deployment(one.id)
    return sorted(one.name for one in stale)


def _has_worker(client: SyncPrefectClient) -> bool:
    return any(worker.status == "ONLINE" for worker in client.read_workers_for_work_pool(POOL))
