"""`doublehigh export`: the facts in force of a contract, under canonical headers, each row with where it came from."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TextIO

import click

from flows.commands.contracts import named_contract
from flows.office import instant_or_now, open_office
from schemas.cells import CellValue
from warehouse.marts.export import export_facts, export_headers


@click.command("export")
@click.argument("contract")
@click.option("--format", "kind", type=click.Choice(["csv", "json"]), default="csv", help="csv (default) or json.")
@click.option(
    "--known-at", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d"]), help="Facts in force then; default: now."
)
@click.option("--year", type=int, help="Of a register, take each partner's latest period up to this year.")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="File to write; default: standard output.")
def command(contract: str, kind: str, known_at: datetime | None, year: int | None, to: Path | None) -> None:
    r"""Print the facts of CONTRACT in force as CSV or JSON; personal columns stay out.

    \b
    Examples:
      doublehigh export training_session > training.csv
      doublehigh export fund --format json --to fund.json
    """
    chosen = named_contract(contract)
    with open_office() as office, office.engine.connect() as connection:
        at = instant_or_now(known_at.replace(tzinfo=office.settings.zone) if known_at else None)
        rows = export_facts(connection, chosen.contract, at, year)
        if to is None:
            _write(rows, export_headers(chosen), kind, sys.stdout)
        else:
            # A byte order mark makes Excel read the Chinese; other readers of csv accept it as utf-8-sig.
            with to.open("w", encoding="utf-8-sig" if kind == "csv" else "utf-8", newline="") as file:
                _write(rows, export_headers(chosen), kind, file)


def _write(rows: Iterable[Mapping[str, CellValue]], headers: list[str], kind: str, to: TextIO) -> None:
    if kind == "json":
        json.dump(list(rows), to, ensure_ascii=False, indent=1, default=_plain)
        to.write("\n")
        return
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows([_plain(row[header]) for header in headers] for row in rows)


def _plain(value: CellValue) -> CellValue:
    return value.isoformat() if isinstance(value, date) else value
