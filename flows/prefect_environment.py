"""The environment Prefect's server, worker and commands run in: history pruned, nothing reported outside, a login needed."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from schemas.errors import MisconfiguredError

POOL = "doublehigh"
KEEPING = {
    # Without these Prefect deletes old events only, and history grows by some 20 KB a task run.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "P90D",
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P7D",
    # Small batches cost the server five times the work.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}
_OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO


def prefect_environment(home: Path, host: str, port: int, login: str | None) -> dict[str, str]:
    """Everything Prefect is to be told; what the environment says already goes before, but for the address and the login."""
    own = {**KEEPING, "PREFECT_HOME": str(home / "prefect")}
    told = {
        "PREFECT_API_URL": f"http://{host}:{port}/api",
        "PREFECT_SERVER_API_HOST": host,
        "PREFECT_SERVER_API_PORT": str(port),
        "DOUBLEHIGH_HOME": str(home),
    }
    logins = {"PREFECT_SERVER_API_AUTH_STRING": login, "PREFECT_API_AUTH_STRING": login} if login else {}
    return {**own, **os.environ, **told, **logins}


def login_of(file: Path) -> str:
    """The login of the pages, `user:password`, from a file that is made with a random one when it is not there.

    Raises:
        MisconfiguredError: others than the owner may read the file, or it holds no login.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as made:
            made.write(f"office:{secrets.token_urlsafe(24)}\n")
    refuse_open_file(file)
    login = file.read_text(encoding="utf-8").strip()
    if ":" not in login:
        raise MisconfiguredError(f"{file}: expected one line user:password; delete the file to have a new one made")
    return login


def refuse_open_file(file: Path) -> None:
    """See that only its owner can read a file of secrets.

    Raises:
        MisconfiguredError: others can; the text says how to mend it.
    """
    if file.stat().st_mode & _OTHERS_MAY:
        raise MisconfiguredError(f"{file} holds a secret and others may read it; run: chmod 600 {file}")


def known_login(environment: Mapping[str, str]) -> str | None:
    """The login an environment file of production gives, if any."""
    return environment.get("PREFECT_SERVER_API_AUTH_STRING")
