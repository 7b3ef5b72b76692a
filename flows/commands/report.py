"""`doublehigh report`: the annual report of a year, written as docx, pdf, xlsx and html."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from flows.progress import progress_shown, watched
from tasks.report.renderings import KINDS, render_all


@click.command("report")
@click.argument("year", type=int)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Last day that counts; default: end of the year, or today."
)
@click.option(
    "--known-at", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d"]), help="Take what was known then; default: now."
)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only this rendering (may be repeated).")
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), help="Folder to write into; default: the reports folder."
)
@click.option("--send", is_flag=True, help="Put it on record as a draft (送审稿) and send it to the leadership.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(
    year: int,
    as_of: datetime | None,
    known_at: datetime | None,
    kinds: tuple[str, ...],
    to: Path | None,
    send: bool,
    as_json: bool,
) -> None:
    r"""Write the annual report of YEAR from what is in the warehouse.

    \b
    Examples:
      doublehigh report 2021
      doublehigh report 2021 --as-of 2021-06-30 --kind pdf
    """
    # Measuring and composing import much; a wrong argument is told at once.
    from flows.office import instant_or_now, open_office  # noqa: PLC0415
    from flows.reporting import ask, compose, draft, record, send_report  # noqa: PLC0415

    with open_office() as office, progress_shown():
        instant = instant_or_now(known_at.replace(tzinfo=office.settings.zone) if known_at else None)
        question = ask(office, year, as_of.date() if as_of else None, instant)
        edition = draft(office, question) if send else None
        model = edition.model if edition else compose(office, question)
        folder = to or office.settings.reports_folder
        paths = [
            path
            for kind in watched("render", kinds or KINDS, len(kinds or KINDS))
            for path in render_all(model, folder, (kind,))
        ]
        if edition:
            record(office, edition)
            send_report(office, model, paths)
    click.echo(
        json.dumps({"files": [str(path) for path in paths]}, ensure_ascii=False)
        if as_json
        else "\n".join(map(str, paths))
    )
