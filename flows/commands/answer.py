"""`doublehigh answer`: settle an open question; the files it held back are read again at once."""

from __future__ import annotations

import click

from flows.progress import progress_shown
from flows.settings import read_settings


@click.command("answer")
@click.argument("question_id", type=int, metavar="ID")
@click.argument("choice")
@click.option("--by", required=True, help="Who decides; kept with the decision and nowhere else.")
@click.option("--why", required=True, help="Why, in one sentence.")
def command(question_id: int, choice: str, by: str, why: str) -> None:
    r"""Answer the open question ID with one of its choices (see `doublehigh questions`).

    \b
    Example:
      doublehigh answer 12 accept --by 甲老师 --why 已电话核实
    """
    read_settings()
    from flows.questions import answer_question  # noqa: PLC0415 - Prefect takes two seconds to import
    from flows.replay import headline  # noqa: PLC0415

    with progress_shown():
        summary = answer_question(question_id, choice, by, why)
    click.echo(f"答复已记录；{headline(summary)}" if summary else "答复已记录。")
