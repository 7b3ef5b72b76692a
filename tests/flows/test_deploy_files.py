"""The files for production agree with what `up` does and with each other."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest
import yaml

from flows.command_line import COMMANDS
from flows.prefect_environment import KEEPING, POOL
from flows.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def told() -> dict[str, str]:
    lines = (DEPLOY / "doublehigh.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_environment_file_keeps_what_up_keeps_and_names_real_settings() -> None:
    assert KEEPING.items() <= told().items()
    ours = {name.removeprefix("DOUBLEHIGH_").lower() for name in told() if name.startswith("DOUBLEHIGH_")}
    assert ours <= set(Settings.model_fields)
    assert told()["PREFECT_SERVER_API_HOST"] == "127.0.0.1"
    assert told()["PREFECT_SERVER_API_AUTH_STRING"] == told()["PREFECT_API_AUTH_STRING"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_each_unit_runs_a_program_of_ours_as_its_own_user(unit: Path) -> None:
    read = configparser.ConfigParser(interpolation=None, strict=False)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read(unit, encoding="utf-8")
    service = read["Service"]
    assert (service["User"], service["EnvironmentFile"]) == ("doublehigh", "/etc/doublehigh.env")
    program, *words = service["ExecStart"].removeprefix("/opt/doublehigh/.venv/bin/").split()
    assert words[0] in COMMANDS if program == "doublehigh" else (program, words[0]) in {
        ("prefect", "server"), ("prefect", "worker"),
    }  # fmt: skip
    for name in ("After", "Requires"):
        wanted = [word for word in read["Unit"].get(name, "").split() if word.startswith("doublehigh-")]
        assert [word for word in wanted if not (DEPLOY / "systemd" / word).exists()] == []


def test_the_containers_run_the_same() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert services["worker"]["command"] == ["prefect", "worker", "start", "--pool", POOL]
    assert services["setup"]["command"][1] in COMMANDS
    assert services["server"]["ports"] == ["127.0.0.1:4200:4200"]
    assert all(services[name]["env_file"] == "private.env" for name in ("server", "setup", "worker"))
