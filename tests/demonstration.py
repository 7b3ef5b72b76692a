"""The demonstration as `make demo` runs it, once for all tests that look at what it left behind."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.environment import office_environment

ROOT = Path(__file__).parents[1]
COMMAND = Path(sys.executable).with_name("doublehigh")


@dataclass(frozen=True)
class Demonstration:
    """What `make demo` left: its home folder and what it said."""

    home: Path
    said: str

    def report(self, kind: str) -> Path:
        """The report in one rendering."""
        (path,) = (self.home / "reports").glob(f"*.{kind}")
        return path

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a doublehigh command on the demonstration's home; returns what it printed."""
        return run_command([str(COMMAND), *arguments], self.home, code)

    def refused(self, *arguments: str) -> str:
        """Run a doublehigh command that is refused; returns why."""
        command = [str(COMMAND), *arguments]
        environment = office_environment(self.home)
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 2, done.stdout + done.stderr
        return done.stderr


def run_command(command: list[str], home: Path, code: int = 0, *, is_alone: bool = False) -> str:
    """Run a command of the README with `home` as the office's home."""
    environment = office_environment(home, is_alone=is_alone)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def demonstrate(folder: Path) -> Demonstration:
    """Run `make demo` into a folder."""
    home = folder / "home"
    command = ["make", "--no-print-directory", "demo", f"DEMO_HOME={home}"]
    return Demonstration(home, run_command(command, folder, is_alone=True))
