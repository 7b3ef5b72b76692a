"""`doublehigh partners`: who we know, where their files come from, and what they owe."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click

from flows.registry import registry_of
from flows.settings import read_settings
from schemas.contract import shipped_contracts
from schemas.errors import MisconfiguredError
from sources.partner import Partner
from sources.registry import Registry, find_contract_faults


@click.command("partners")
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(code: str | None, as_json: bool) -> None:
    r"""List the partners, or show the one with CODE.

    \b
    Examples:
      doublehigh partners
      doublehigh partners hetian
    """
    registry = registry_of(read_settings())
    _refuse_faults(registry)
    chosen = registry.partners if code is None else {code: named_partner(registry.partners, code)}
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
