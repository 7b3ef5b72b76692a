"""The environment of an office of a test's own: nothing of this machine's settings, and the Prefect server the tests share."""

from __future__ import annotations

import os
from pathlib import Path

SHARED = "TESTS_PREFECT_API_URL"
"""Where tests/flows/conftest.py tells the address of the server all flow tests of a process share; without it each run starts its own."""


def office_environment(home: Path, *, is_alone: bool = False, **told: object) -> dict[str, str]:
    """What a process needs that works for the office at `home`; `told` are settings without their prefix.

    An office that is alone starts a Prefect server of its own with each run, as on a machine where none is set up.
    """
    # A process that may keep no compiled modules compiles all of ours anew, which takes it seconds.
    left_out = ("DOUBLEHIGH_", "PREFECT_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    own = {
        "DOUBLEHIGH_HOME": str(home),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    shared = {"PREFECT_API_URL": os.environ[SHARED]} if SHARED in os.environ and not is_alone else {}
    return {**kept, **own, **shared, **{f"DOUBLEHIGH_{name}": str(value) for name, value in told.items()}}
