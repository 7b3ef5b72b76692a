"""`doublehigh watchdog`: mail the operators when the last good night is too old."""

from __future__ import annotations

import click

from flows.command_line import ExitCode
from flows.office import instant_or_now
from flows.settings import read_settings
from flows.watchdog import look, watch
from schemas.errors import UnavailableError


@click.command("watchdog")
@click.option("--quiet", is_flag=True, help="Look only; send no mail.")
def command(quiet: bool) -> None:
    r"""Mail the operators, once a day, when the last good night began longer ago than the watchdog_hours setting.

    Let cron or a systemd timer run it each morning (deploy/systemd): it does not need Prefect, which cannot tell that it
    is down. Ends with 1 when there is something to see to.

    \b
    Example:
      doublehigh watchdog --quiet
    """
    settings, now = read_settings(), instant_or_now(None)
    try:
        seen = look(settings, now) if quiet else watch(settings, now)
    except OSError as error:
        raise UnavailableError(f"the mail to the operators could not be sent: {error}") from error
    click.echo(seen.said + ("已发信告知。" if seen.has_mailed else ""))
    raise click.exceptions.Exit(ExitCode.FINDINGS if seen.is_alarming else ExitCode.DONE)
