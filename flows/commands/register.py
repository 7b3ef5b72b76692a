"""`doublehigh register`: migrate the warehouse and register the deployments with a running server."""

from __future__ import annotations

import click

from flows.settings import read_settings
from flows.up import register


@click.command("register")
def command() -> None:
    r"""Migrate the warehouse, and register the deployments of prefect.yaml with the server at PREFECT_API_URL.

    Waits up to two minutes for the server. What prefect.yaml no longer names is removed. `up` does this too.

    \b
    Example:
      PREFECT_API_URL=http://127.0.0.1:4200/api doublehigh register
    """
    register(read_settings(), click.echo)
