"""`doublehigh up`: warehouse, Prefect server, deployments and worker on this machine."""

from __future__ import annotations

import os

import click

from flows.prefect_environment import known_login
from flows.settings import read_settings
from flows.up import Place, bring_up


@click.command("up")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address the server listens at.")
@click.option("--port", default=4200, show_default=True, type=click.IntRange(1, 65535), help="Port of the server.")
@click.option("--no-login", is_flag=True, help="Pages without a login, for a trial; only at 127.0.0.1.")
def command(host: str, port: int, no_login: bool) -> None:
    r"""Bring everything up on this machine: warehouse, server, deployments, worker. What runs already is left running.

    The pages ask for a login; it is made at the first time and stands in the file that is named at the end.

    \b
    Examples:
      doublehigh up
      doublehigh up --port 4300
    """
    if no_login and host != "127.0.0.1":
        raise click.UsageError("--no-login is for 127.0.0.1 only: anybody who reaches the pages could run anything")
    settings = read_settings()
    place = Place(settings, host, port, not no_login)
    bring_up(place, click.echo)
    if place.needs_login and not known_login(os.environ):
        click.echo(f"open {place.url} and sign in with the line in {place.login_file}")
    else:
        click.echo(f"open {place.url}")
