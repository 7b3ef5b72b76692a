"""`doublehigh down`: stop what `doublehigh up` started."""

from __future__ import annotations

import click

from flows.settings import read_settings
from flows.up import bring_down


@click.command("down")
def command() -> None:
    r"""Stop the worker and the server that `doublehigh up` started in this home, and nothing else.

    \b
    Example:
      doublehigh down
    """
    bring_down(read_settings(), click.echo)
