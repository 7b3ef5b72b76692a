"""The `doublehigh` command: a list of commands that are imported when called, and the exit codes they share."""

from __future__ import annotations

import importlib
import sys
from enum import IntEnum

import click

from schemas.errors import MisconfiguredError, UnavailableError


class ExitCode(IntEnum):
    """What the exit code of every command says."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    UNAVAILABLE = 3


COMMANDS = {
    "demo": "Run two nights over the example inboxes and write the 2021 report.",
    "collect": "Run one night now: fetch, read, validate, load, answer.",
    "questions": "List what waits for a person's answer.",
    "answer": "Answer one of these questions; what it held back is read again.",
    "replay": "Read held files again under today's rules and answers.",
    "waive": "Let rows that break a rule pass, or excuse a ledger.",
    "waivers": "List what has been approved to pass.",
    "impact": "Say what a file would change if it were accepted.",
    "shadow": "Try a changed rule on everything held and in force.",
    "check": "Check one spreadsheet as a partner's clerk would, offline.",
    "report": "Write the annual report of a year.",
    "ready": "List what must be settled before a report is issued.",
    "reports": "List the reports on record; review, approve, issue, amend, verify one.",
    "blank": "Write the blank workbook of a contract for partners to fill in.",
    "export": "Print the facts in force of a contract as CSV or JSON.",
    "trace": "Follow a figure of a report to file, sheet, row and column.",
    "status": "Show the last night, what is owed and which sources fail.",
    "partners": "List the partners, or show one.",
    "what-if": "Say what completion and score would be with other values.",
    "contracts": "List the kinds of spreadsheet, their columns and rules.",
    "indicators": "List the figures measured, or say what one counts.",
    "up": "Bring up server, deployments and worker on this machine.",
    "down": "Stop what `up` started.",
    "register": "Migrate, and register the deployments with a running server.",
    "watchdog": "Mail the operators when the last good night is too old.",
    "migrate": "Bring the warehouse to the newest schema, or write a migration.",
    "backup": "Copy everything that cannot be made again into one folder.",
    "restore": "Put a back-up back into an office that has nothing yet.",
    "settings": "Show the settings in force and where they come from.",
}

EPILOG = """\b
Exit codes: 0 done; 1 done, and something was found that a person must look at;
2 the command, a setting or a file of ours is wrong; 3 a server, folder or
database could not be reached.
"""


class LazyGroup(click.Group):
    """A group that imports `flows.commands.<name>` only for the command that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"flows.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list for --help, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="doublehigh")
def doublehigh() -> None:
    r"""Collect partners' spreadsheets, validate and load them, and write the annual Double High (双高计划) report.

    \b
    Examples:
      doublehigh demo
      doublehigh check 2021年度师资培训台账.xlsx
      doublehigh report 2021
      doublehigh COMMAND --help
    """


def main() -> None:
    """Run the command line; a fault a person can mend is one clear text, not a traceback."""
    try:
        # Outside its standalone mode click returns the code of an Exit instead of raising it.
        sys.exit(doublehigh.main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except MisconfiguredError as error:
        click.echo(f"doublehigh: {error}", err=True)
        sys.exit(ExitCode.USAGE)
    except UnavailableError as error:
        click.echo(f"doublehigh: {error}", err=True)
        sys.exit(ExitCode.UNAVAILABLE)
