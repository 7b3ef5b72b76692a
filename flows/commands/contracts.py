"""`doublehigh contracts`: the kinds of spreadsheet, their columns and rules, and the documents projected from them."""

from __future__ import annotations

import json
from pathlib import Path

import click

from schemas.contract import Contract, shipped_contracts
from schemas.dictionary import data_dictionary, rule_catalogue
from schemas.errors import MisconfiguredError
from schemas.rule import rules_of


@click.command("contracts")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
@click.option("--dictionary", is_flag=True, help="Print the data dictionary (Markdown, Chinese).")
@click.option("--rules", is_flag=True, help="Print the rule catalogue (Markdown, Chinese).")
@click.option(
    "--to", type=click.Path(dir_okay=False, path_type=Path), help="With --rules: write it as a workbook instead."
)
def command(name: str | None, as_json: bool, dictionary: bool, rules: bool, to: Path | None) -> None:
    r"""List the contracts, or show the columns and rules of NAME.

    \b
    Examples:
      doublehigh contracts
      doublehigh contracts training_session
      doublehigh contracts --dictionary > data-dictionary.md
      doublehigh contracts --rules --to 规则目录.xlsx
    """
    chosen = {name: named_contract(name)} if name else dict(shipped_contracts())
    if as_json:
        click.echo(json.dumps([c.model_dump(mode="json") for c in chosen.values()], ensure_ascii=False, indent=2))
    elif dictionary:
        click.echo(data_dictionary(chosen))
    elif rules and to:
        from tasks.feedback.rule_sheet import write_rule_sheet  # noqa: PLC0415 - only this needs a writer of workbooks

        click.echo(f"{to}：{write_rule_sheet(chosen, to)} 条规则")
    elif rules:
        click.echo(rule_catalogue(chosen))
    elif name:
        _show(chosen[name])
    else:
        for contract in chosen.values():
            click.echo(
                f"{contract.contract:20} {contract.title}  {len(contract.columns)} columns, {len(rules_of(contract))} rules"
            )


def named_contract(name: str) -> Contract:
    """The shipped contract of that name.

    Raises:
        MisconfiguredError: there is none; the text lists the known ones.
    """
    contracts = shipped_contracts()
    if name not in contracts:
        raise MisconfiguredError(f"no contract {name!r}; known: {', '.join(contracts)}")
    return contracts[name]


def _show(contract: Contract) -> None:
    click.echo(f"{contract.contract} v{contract.version}: {contract.title} — {contract.description}")
    for column in contract.columns:
        mark = "*" if column.required else " "
        unit = f" [{column.unit}]" if column.unit else ""
        click.echo(f" {mark} {column.name:30} {column.type:8} {column.header}{unit}")
    for rule in rules_of(contract):
        click.echo(f"   {rule.severity:8} {rule.rule_id:60} {rule.message}")
