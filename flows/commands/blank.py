"""`doublehigh blank`: the blank workbook of a contract, for one partner or any, ready to be filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import click

from flows.commands.contracts import named_contract
from flows.commands.partners import named_partner
from flows.registry import registry_of
from flows.settings import read_settings
from schemas.contract import Contract, shipped_contracts
from sources.partner import Partner
from tasks.feedback.blank import write_blank_workbook


@click.command("blank")
@click.argument("contract")
@click.option("--year", type=int, help="The year it is for; default: this year.")
@click.option("--partner", "code", help="Code of the partner it is for: its name is filled in.")
@click.option("--to", type=click.Path(path_type=Path), default=Path(), help="Folder to write into; default: here.")
def command(contract: str, year: int | None, code: str | None, to: Path) -> None:
    r"""Write the blank workbook of CONTRACT, or with `all` one for everything every partner owes for the year.

    \b
    Examples:
      doublehigh blank training_session --year 2021 --partner jxjy
      doublehigh blank all --year 2021 --to parcel
    """
    settings = read_settings()
    registry = registry_of(settings)
    chosen_year = year or datetime.now(settings.zone).year
    if contract == "all":
        wanted: Iterable[tuple[Contract, Partner | None]] = _owed(registry.partners.values(), chosen_year)
    else:
        wanted = [(named_contract(contract), named_partner(registry.partners, code) if code else None)]
    for kind, partner in wanted:
        click.echo(_write(kind, partner, chosen_year, to))


def _owed(partners: Iterable[Partner], year: int) -> Iterator[tuple[Contract, Partner]]:
    for partner in partners:
        for obligation in partner.owes:
            if year in obligation.periods:
                yield shipped_contracts()[obligation.contract], partner


def _write(contract: Contract, partner: Partner | None, year: int, to: Path) -> Path:
    folder = to / partner.code if partner else to
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{year}年度{contract.title}{f'-{partner.name}' if partner else ''}.xlsx"
    return write_blank_workbook(contract, partner, year, folder / name)
