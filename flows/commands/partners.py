"""`doublehigh partners`: who we know, where their files come from, and what they owe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

import click

from flows.command_line import ExitCode
from flows.office import open_office
from flows.registry import registry_of
from flows.settings import read_settings
from schemas.contract import shipped_contracts
from schemas.errors import MisconfiguredError
from sources.partner import Partner
from sources.registry import Registry, find_contract_faults


@click.command("partners")
@click.argument("words", nargs=-1, metavar="[check] [CODE]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(words: tuple[str, ...], as_json: bool) -> None:
    r"""List the partners, show the one with CODE, or check the places they keep files in.

    `check` tries address, login and listing of each source and says in one line what is wrong and how to mend it. Nothing is
    fetched. Exit code 1 when a source is at fault.

    \b
    Examples:
      doublehigh partners
      doublehigh partners hetian
      doublehigh partners check
      doublehigh partners check hetian
    """
    if words[:1] == ("check",):
        _check(words[1:], as_json)
        return
    if len(words) > 1:
        raise click.UsageError(f"one CODE at a time, or `check`: {' '.join(words)}")
    registry = registry_of(read_settings())
    _refuse_faults(registry)
    _list(registry.partners, words[0] if words else None, as_json)


def _check(codes: tuple[str, ...], as_json: bool) -> None:
    # The check brings Prefect along, for the secrets kept there; the list of partners need not wait for it.
    from flows.partners_check import check_sources  # noqa: PLC0415

    with open_office() as office:
        checks = check_sources(office, codes)
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=2))
    else:
        for check in checks:
            click.echo(check.line)
    if any(check.fault is not None for check in checks):
        raise click.exceptions.Exit(ExitCode.FINDINGS)


def _list(partners: Mapping[str, Partner], code: str | None, as_json: bool) -> None:
    chosen = partners if code is None else {code: named_partner(partners, code)}
    if as_json:
        click.echo(json.dumps([p.model_dump(mode="json") for p in chosen.values()], ensure_ascii=False, indent=2))
    elif code is None:
        for partner in chosen.values():
            click.echo(
                f"{partner.code:20} {partner.kind:17} {partner.name}  owes {len(partner.owes)}  {partner.inbox or '-'}"
            )
    else:
        _show(chosen[code])


def _refuse_faults(registry: Registry) -> None:
    faults = find_contract_faults(registry, shipped_contracts())
    if faults:
        raise MisconfiguredError("\n".join(faults))


def named_partner(partners: Mapping[str, Partner], code: str) -> Partner:
    """The partner of that code.

    Raises:
        MisconfiguredError: there is none; the text lists the known ones.
    """
    if code not in partners:
        raise MisconfiguredError(f"no partner {code!r}; known: {', '.join(partners)}")
    return partners[code]


def _show(partner: Partner) -> None:
    click.echo(f"{partner.code}: {partner.name} ({partner.kind})")
    click.echo(f"  also known as   {'、'.join(partner.aliases) or '-'}")
    click.echo(f"  region          {partner.region_code or '-'}    national code {partner.national_code or '-'}")
    click.echo(f"  inbox           {partner.inbox or '-'}")
    for contact in partner.contacts:
        click.echo(f"  contact         {contact.role} <{contact.email}>")
    for obligation in partner.owes:
        dues = ", ".join(f"{period} by {due}" for period, due in obligation.due_dates.items())
        click.echo(f"  owes            {obligation.contract}: {dues}")
