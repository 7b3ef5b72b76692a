"""One Prefect server for the flow tests of a process: a run that starts its own takes ten seconds longer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.environment import SHARED
from tests.flows.prefect_server import prefect_server


@pytest.fixture(scope="session")
def shared_prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that every office of a test made from now on reports to."""
    folder = tmp_path_factory.mktemp("prefect")
    with prefect_server(folder, {}) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv(SHARED, server.api)
        yield server.api
