"""`doublehigh settings`: the settings in force, or the table of all settings for the documentation."""

from __future__ import annotations

import json

import click

from flows.settings import Settings, read_settings, settings_file
from flows.settings_fetch import FetchSettings


@click.command("settings")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
@click.option("--table", is_flag=True, help="Print the Markdown table of all settings.")
def command(as_json: bool, table: bool) -> None:
    r"""Show the settings in force and where they come from; secrets are never shown.

    \b
    Example:
      DOUBLEHIGH_HOME=/srv/doublehigh doublehigh settings
    """
    if table:
        click.echo(settings_table())
        return
    shown = {name: "***" if "password" in name and value else str(value) for name, value in read_settings()}
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    click.echo(f"settings file: {settings_file() or 'none'}")
    for name, value in shown.items():
        click.echo(f"{name:22} {value}")


def settings_table() -> str:
    """All settings as a Markdown table: environment name, name in the settings file, default, meaning."""
    lines = ["| environment | settings file | default | meaning |", "|---|---|---|---|"]
    # What a class inherits stands first in pydantic's order; people look for the office's own settings first.
    ordered = sorted(Settings.model_fields.items(), key=lambda item: item[0] in FetchSettings.model_fields)
    for name, field in ordered:
        default = "" if field.default in (None, "", ()) else f"`{field.default}`"
        lines.append(f"| `DOUBLEHIGH_{name.upper()}` | `{name}` | {default} | {field.description} |")
    return "\n".join(lines)
