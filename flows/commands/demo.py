"""`doublehigh demo`: the main job on the example inboxes, from nothing to the report."""

from __future__ import annotations

import os
from pathlib import Path

import click

from flows.demo import run_demo, summary_lines
from flows.progress import progress_shown


@click.command("demo")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-home"),
    help="Folder to write into; default demo-home.",
)
def command(home: Path) -> None:
    r"""Run two nights over the example inboxes and write the 2021 report. Takes under a minute.

    \b
    Example:
      doublehigh demo
    """
    # A quiet Prefect of its own: nothing of the demonstration reaches a server the machine may know.
    os.environ.update(
        PREFECT_HOME=str(home.absolute() / "prefect"),
        PREFECT_LOGGING_LEVEL="ERROR",
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
        DO_NOT_TRACK="1",
        PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="90",
    )
    os.environ.pop("PREFECT_API_URL", None)
    with progress_shown():
        demo = run_demo(home.absolute())
    for line in summary_lines(demo):
        click.echo(line)
