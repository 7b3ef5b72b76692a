"""What the operator sees on a run's page in the Prefect UI: the night's summary and tables, capped, with no personal data."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from flows.summary import ACCEPTED, Answer, NightSummary, headline
from schemas.values import SubmissionState

MOST_ROWS = 500
"""List pages of the UI carry the whole artifact; more rows than this make them slow."""

STATES = {
    SubmissionState.RECEIVED: "已收到",
    SubmissionState.UNREADABLE: "无法打开",
    SubmissionState.UNRECOGNISED: "无法识别",
    SubmissionState.REFUSED: "退回",
    SubmissionState.ACCEPTED_WITH_FINDINGS: "已接收（有问题行）",
    SubmissionState.ACCEPTED: "已接收",
    SubmissionState.SUPERSEDED: "已被新版代替",
    SubmissionState.REVERTED: "已退回旧版",
}


def show_night(summary: NightSummary) -> None:
    """The artifacts of a night."""
    create_markdown_artifact(_markdown(summary), key="night-summary", description="当晚小结")
    create_table_artifact(_partner_rows(summary.answers), key="night-partners", description="各单位情况")
    create_table_artifact(
        [_answer_row(answer) for answer in summary.new_answers[:MOST_ROWS]],
        key="night-files",
        description="各文件处理结果",
    )


def show_report(paths: Sequence[Path], headline_text: str) -> None:
    """The artifacts of a report: its summary and a link to each file."""
    create_markdown_artifact(headline_text, key="report-summary", description="年度报告摘要")
    for path in paths:
        create_link_artifact(
            path.absolute().as_uri(),
            key=f"report-{path.suffix.lstrip('.')}",
            link_text=path.name,
            description="年度报告",
        )


def _markdown(summary: NightSummary) -> str:
    parts = [f"# 当晚小结（第 {summary.night_id} 晚）", headline(summary)]
    parts += _list("未能连接的单位", summary.unreachable)
    parts += _list("没有取回的文件", summary.not_fetched)
    parts += _list("留置原因", [f"{message}：{count} 行" for message, count in list(summary.held_because.items())[:20]])
    refused = [a for a in summary.new_answers if a.state not in ACCEPTED]
    parts += _list(
        "退回和无法识别的文件", [f"{a.partner_name}《{a.file_name}》：{a.first_message}" for a in refused[:50]]
    )
    parts += _list("各环节用时（秒）", [f"{stage}：{seconds:.1f}" for stage, seconds in summary.seconds.items()])
    return "\n\n".join(parts)


def _list(heading: str, items: Sequence[str]) -> list[str]:
    return [f"## {heading}", "\n".join(f"- {item}" for item in items)] if items else []


def _partner_rows(answers: Sequence[Answer]) -> list[dict[str, str | int]]:
    by_partner: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_partner[answer.partner_name].append(answer)
    return [_partner_row(name, found) for name, found in sorted(by_partner.items())][:MOST_ROWS]


def _partner_row(name: str, answers: Sequence[Answer]) -> dict[str, str | int]:
    states = Counter(STATES[answer.state] for answer in answers)
    return {
        "单位": name,
        "文件或台账": len(answers),
        "结果": "、".join(f"{state} {count}" for state, count in states.items()),
        "入库行": sum(answer.rows_loaded for answer in answers),
        "留置行": sum(answer.rows_held for answer in answers),
    }


def _answer_row(answer: Answer) -> dict[str, str | int]:
    return {
        "单位": answer.partner_name,
        "文件": answer.file_name,
        "台账": answer.contract_title or "—",
        "年度": answer.period or "—",
        "结果": STATES[answer.state],
        "入库行": answer.rows_loaded,
        "留置行": answer.rows_held,
        "首要问题": answer.first_message or "—",
        "批注工作簿": answer.marked_path or "—",
    }
