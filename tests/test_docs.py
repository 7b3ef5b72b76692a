"""The documentation does what it says: every command of the README is run, and its tables are those of the program."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from flows.commands.settings import settings_table
from schemas.contract import shipped_contracts
from tests.demonstration import COMMAND, ROOT, Demonstration, run_command

pytestmark = [pytest.mark.timeout(280), pytest.mark.xdist_group("demo")]
READMES = ("README.md", "README.zh-CN.md")
RUN_ELSEWHERE = {
    "make demo": "tests/demonstration.py",
    "make test": "this very run",
    "make up": "tests/flows/test_deployments.py",
    "make down": "tests/flows/test_deployments.py",
}
ENDS_WITH_FINDINGS = ("check", "status", "questions", "ready")


def _commands(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line and not line.startswith("#")]


def test_both_readmes_give_the_same_commands() -> None:
    assert _commands(READMES[0]) == _commands(READMES[1])


@pytest.fixture(scope="module")
def office(demo: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the demonstration left, so that commands may write into it."""
    home = tmp_path_factory.mktemp("docs") / "demo-home"
    shutil.copytree(demo.home, home)
    return home


@pytest.mark.parametrize("line", [line for line in _commands("README.md") if line not in RUN_ELSEWHERE])
def test_every_command_of_the_readme_runs(line: str, office: Path, tmp_path: Path) -> None:
    if line.startswith("export "):
        assert line == "export DOUBLEHIGH_HOME=demo-home"
        return
    words = shlex.split(line)
    assert words[:3] == ["uv", "run", "doublehigh"], line
    arguments = _kept_out_of_the_checkout(words[3:], tmp_path)
    said = run_command([str(COMMAND), *arguments], office, int(arguments[0] in ENDS_WITH_FINDINGS))
    assert said.strip()


def _kept_out_of_the_checkout(arguments: list[str], tmp_path: Path) -> list[str]:
    if arguments[0] == "check":
        return [*arguments, "--to", str(tmp_path / "marked.xlsx")]
    return [*arguments, "--to", str(tmp_path)] if arguments[0] == "blank" else arguments


def test_the_settings_table_is_the_programs() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"<!-- settings -->\n{settings_table()}\n<!-- /settings -->" in text


def test_every_command_has_help_with_an_example() -> None:
    from flows.command_line import COMMANDS, doublehigh

    for name in COMMANDS:
        command = doublehigh.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert f"doublehigh {name}" in (command.help or ""), name


def test_links_of_the_documents_lead_somewhere() -> None:
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert target.startswith("http") or (path.parent / target).exists(), f"{path}: {target}"


def test_the_changelog_counts_the_contracts_right() -> None:
    assert len(shipped_contracts()) == 16
    assert "十六类台账" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
