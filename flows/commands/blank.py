"""`doublehigh blank`: the blank workbook of a contract, for one partner or any, ready to be filled in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from flows.commands.contracts import named_contract
from flows.commands.partners import named_partner
from flows.office import instant_or_now, open_office
from flows.registry import registry_of
from flows.settings import Settings, read_settings
from schemas.contract import Contract
from sources.partner import Partner
from tasks.feedback.blank import write_blank_workbook


@click.command("blank")
@click.argument("contract")
@click.option("--year", type=int, help="The year it is for; default: this year.")
@click.option("--partner", "code", help="Code of the partner it is for: its name is filled in.")
@click.option("--to", type=click.Path(path_type=Path), default=Path(), help="Folder to write into; default: here.")
def command(contract: str, year: int | None, code: str | None, to: Path) -> None:
    r"""Write the blank workbook of CONTRACT, or with `all` the season's parcel: for each partner a zip of all it owes.

    \b
    Examples:
      doublehigh blank training_session --year 2021 --partner jxjy
      doublehigh blank all --year 2021 --to parcel
    """
    settings = read_settings()
    chosen_year = year or datetime.now(settings.zone).year
    if contract == "all":
        _write_all(settings, chosen_year, to)
        return
    partner = named_partner(registry_of(settings).partners, code) if code else None
    click.echo(_write(named_contract(contract), partner, chosen_year, to))


def _write_all(settings: Settings, year: int, to: Path) -> None:
    # Prefect takes its time to import; one form is written without it.
    from flows.season import write_parcels  # noqa: PLC0415

    with open_office(settings) as office:
        for _, path in write_parcels(office, year, to, instant_or_now(None)):
            click.echo(path)


def _write(contract: Contract, partner: Partner | None, year: int, to: Path) -> Path:
    folder = to / partner.code if partner else to
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{year}年度{contract.title}{f'-{partner.name}' if partner else ''}.xlsx"
    return write_blank_workbook(contract, partner, year, folder / name)
