"""What the operator sees on a run's page in the Prefect UI: summaries and tables in Chinese, capped, with no personal data."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from flows.summary import ACCEPTED, Answer, NightSummary, headline
from schemas.chinese import STATE_NAMES
from schemas.personal import mask_personal_numbers
from warehouse.marts.nights import FailingSource
from warehouse.store.nights import Fetch

MOST_ROWS = 500
"""List pages of the UI carry the whole artifact; more rows than this make them slow."""
MOST_ITEMS = 30

STAGES = {
    "send again": "补发邮件",
    "fetch": "取件",
    "read": "读取",
    "validate": "校验",
    "load": "入库",
    "answer": "答复",
    "reports": "核对已印发报告",
}

Row = dict[str, str | int]

OUTCOMES = {"ok": "正常", "empty": "没有文件", "unreachable": "连接不上"}


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source with how it answered tonight, and its failing streak if it is in one."""

    name: str
    fetch: Fetch
    failing: FailingSource | None


def show_night(summary: NightSummary, day: date, outbox: Path) -> None:
    """The artifacts of a night: what it came to, unit by unit, file by file; `outbox` is where the marked workbooks lie."""
    _show_markdown("night-summary", "当晚小结", _night_parts(summary, day, outbox))
    _show_table("night-partners", "各单位情况", _partner_rows(summary.answers))
    _show_table("night-files", "各文件处理结果", [_answer_row(a) for a in sorted(summary.new_answers, key=_urgency)])


def show_replay(summary: NightSummary, said: str) -> None:
    """The artifact of a replay: what changed, file by file, and what could not be read again."""
    changed = [f"{a.partner_name}《{a.file_name}》{STATE_NAMES[a.state]}" for a in summary.new_answers]
    parts = [said, *_list("结论有变化的文件", changed), *_list("没能重读的文件", summary.not_fetched)]
    _show_markdown("replay-summary", "重新检查小结", ["# 重新检查小结", *parts])


def show_sources(sources: Sequence[SourceRow]) -> None:
    """The artifact on the health of the sources: how each answered tonight, and since when one is failing."""
    ordered = sorted(sources, key=lambda one: (-(one.failing.night_count if one.failing else 0), one.name))
    _show_table("night-sources", "各来源情况", [_source_row(one) for one in ordered])


def show_checks(lines: Sequence[str]) -> None:
    """The artifact of a check of the sources: one line each."""
    _show_markdown("source-checks", "来源检查", ["# 来源检查", *_list("来源", lines)])


def show_shadow(said: str, lines: Sequence[str], workbook: Path) -> None:
    """The artifact of a rule tried out: what it comes to, the first of its lines, and where the workbook lies."""
    shown = [f"```text\n{chr(10).join(lines[:MOST_ROWS])}\n```", *_list("工作簿", _paths([str(workbook.absolute())]))]
    _show_markdown("shadow-rules", "规则试行", ["# 规则试行", said, *shown])


def show_report(paths: Sequence[Path], said: str) -> None:
    """The artifacts of a report: where its files are, and a link to each for a browser on the same machine."""
    folders = sorted({str(path.absolute().parent) for path in paths})
    parts = ["# 年度报告", said, *_list("文件", [path.name for path in paths]), *_list("所在文件夹", _paths(folders))]
    _show_markdown("report-summary", "年度报告摘要", parts)
    for path in paths:
        create_link_artifact(
            path.absolute().as_uri(),
            key=f"report-{path.suffix.lstrip('.')}",
            link_text=path.name,
            description=f"年度报告文件，位于 {path.absolute()}",
        )


def show_reminders(said: str, subjects: Sequence[str]) -> None:
    """The artifact of the reminders: the subject of each mail, which names the unit and counts what it is reminded of."""
    _show_markdown("reminder-summary", "催报小结", ["# 催报小结", said, *_list("提醒了哪些单位", subjects)])


def _show_markdown(key: str, title: str, parts: Iterable[str]) -> None:
    create_markdown_artifact(mask_personal_numbers("\n\n".join(parts)), key=key, description=title)


def _show_table(key: str, title: str, rows: Sequence[Row]) -> None:
    shown = [{name: _masked(value) for name, value in row.items()} for row in rows[:MOST_ROWS]]
    capped = f"（共 {len(rows):,} 行，只列出前 {MOST_ROWS} 行；全部见数据仓库）" if len(rows) > MOST_ROWS else ""
    create_table_artifact(shown, key=key, description=title + capped)


def _masked(value: str | int) -> str | int:
    """File names are the partners' own words, and some carry a number of a person."""
    return mask_personal_numbers(value) if isinstance(value, str) else value


def _night_parts(summary: NightSummary, day: date, outbox: Path) -> Iterable[str]:
    yield f"# 夜间采集小结 {day}（第 {summary.night_id} 晚）"
    yield headline(summary)
    yield from _list("未能连接的单位（下一晚会再试；连续几晚连接不上请联系该单位或管理员）", summary.unreachable)
    yield from _list("没有取回的文件", summary.not_fetched)
    yield from _list("没有发出的邮件（已保存，下一晚补发；请检查邮件服务器）", summary.unsent)
    yield from _list("没有正常结束（或仍在进行）的采集；没有做完的，本次已接着处理", summary.broken_off)
    yield from _list("等待答复的问题（用 doublehigh answer 或“答复问题”表单答复，编号在前）", summary.open_questions)
    yield from _list("已印发的报告与现有数据不同", summary.report_changes)
    refused = [answer for answer in summary.new_answers if answer.state not in ACCEPTED]
    yield from _list(
        "退回、无法打开或无法识别的文件（已答复报送单位，等其重报）",
        [f"{a.partner_name}《{a.file_name}》{STATE_NAMES[a.state]}：{a.first_message}" for a in refused],
    )
    held = [(message, f"{count:,}") for message, count in summary.held_because.items()]
    yield from _table("留置的行（暂不计入数据，等报送单位改正后重报）", ("原因", "行数"), held)
    if any(answer.marked_path for answer in summary.new_answers):
        yield from _list("标注工作簿所在文件夹", _paths([str(outbox.absolute())]))
    times = [(STAGES.get(stage, stage), f"{seconds:.1f}") for stage, seconds in summary.seconds.items()]
    yield from _table("各环节用时", ("环节", "秒"), times)


def _list(heading: str, items: Sequence[str]) -> Sequence[str]:
    lines = [f"- {item}" for item in items[:MOST_ITEMS]] + _left_off(len(items), "- ")
    return [f"## {heading}", "\n".join(lines)] if items else []


def _table(heading: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Sequence[str]:
    lines = [_line(columns), "|" + " --- |" * len(columns), *(_line(row) for row in rows[:MOST_ITEMS])]
    return [f"## {heading}", "\n".join(lines), *_left_off(len(rows), "")] if rows else []


def _line(cells: Sequence[str]) -> str:
    return "|" + "".join(f" {cell.replace('|', '｜').replace(chr(10), ' ')} |" for cell in cells)


def _left_off(count: int, bullet: str) -> list[str]:
    return [f"{bullet}……共 {count:,} 项，只列出前 {MOST_ITEMS} 项"] if count > MOST_ITEMS else []


def _paths(folders: Sequence[str]) -> list[str]:
    """Paths as text, to be copied: browsers do not follow links from a page to files of the machine."""
    return [f"`{folder}`" for folder in folders]


def _partner_rows(answers: Sequence[Answer]) -> list[Row]:
    by_partner: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_partner[answer.partner_name].append(answer)
    return [_partner_row(name, found) for name, found in sorted(by_partner.items())]


def _partner_row(name: str, answers: Sequence[Answer]) -> Row:
    states = Counter("未变" if answer.is_unchanged else STATE_NAMES[answer.state] for answer in answers)
    news = [answer for answer in answers if not answer.is_unchanged]
    return {
        "单位": name,
        "台账份数": len(answers),
        "结果": "、".join(f"{state} {count}" for state, count in states.items()),
        "入库行": sum(answer.rows_loaded for answer in news),
        "留置行": sum(answer.rows_held for answer in news),
    }


def _source_row(source: SourceRow) -> Row:
    fetch, failing = source.fetch, source.failing
    return {
        "来源": source.name,
        "结果": OUTCOMES.get(fetch.outcome, fetch.outcome),
        "连续连接不上（晚）": failing.night_count if failing else 0,
        "原因": fetch.reason or "—",
        "上次正常": "—" if not failing else f"{failing.last_good:%Y-%m-%d}" if failing.last_good else "从未",
        "新收文件": fetch.delivery_count,
        "未变文件": fetch.unchanged_count,
        "未取回文件": len(fetch.not_fetched),
        "取回字节": fetch.fetched_bytes,
        "用时（秒）": f"{fetch.seconds:.1f}",
    }


def _urgency(answer: Answer) -> tuple[bool, bool, str, str]:
    """What somebody must look at stands first."""
    return answer.state in ACCEPTED, not answer.rows_held, answer.partner_name, answer.file_name


def _answer_row(answer: Answer) -> Row:
    """One row; the page shows some four columns without scrolling, so what somebody must look at stands first."""
    return {
        "结果": STATE_NAMES[answer.state],
        "单位": answer.partner_name,
        "文件": answer.file_name,
        "首要问题": answer.first_message or "—",
        "台账": answer.contract_title or "—",
        "年度": answer.period or "—",
        "入库行": answer.rows_loaded,
        "留置行": answer.rows_held,
        "标注工作簿": answer.marked_path or "—",
    }
