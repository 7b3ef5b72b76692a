"""Documents generated from the contracts: the data dictionary and the rule catalogue, in Chinese, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from schemas.contract import Column, ColumnType, Contract, Privacy, TimeBasis
from schemas.rule import Rule, bound_text, rules_of
from schemas.values import Severity, Turn

TYPE_NAMES: Mapping[ColumnType, str] = {
    ColumnType.TEXT: "文字",
    ColumnType.COUNT: "整数",
    ColumnType.DECIMAL: "数字",
    ColumnType.MONEY: "金额",
    ColumnType.SHARE: "百分比",
    ColumnType.DATE: "日期",
    ColumnType.MONTH: "年月",
    ColumnType.YEAR: "年度",
    ColumnType.CODE: "代码",
    ColumnType.CHOICE: "选项",
    ColumnType.PARTNER: "单位",
    ColumnType.PERSON: "人名",
}
SEVERITY_NAMES: Mapping[Severity, str] = {
    Severity.CRITICAL: "严重（该行暂不入库）",
    Severity.WARNING: "提醒",
    Severity.INFO: "说明",
}
QUESTION_NAME = "请说明（照常入库）"
TURN_NAMES: Mapping[Turn, str] = {Turn.SUBMITTER: "填报单位", Turn.US: "双高办", Turn.NOBODY: "无需处理"}
_TIME_BASES: Mapping[TimeBasis, str] = {
    TimeBasis.CALENDAR_YEAR: "按自然年度报送，每行属于报送的年度",
    TimeBasis.REGISTER: "每次报送自建设期开始以来的全部记录，以最近一次报送为准",
    TimeBasis.PLAN: "建设计划，各年度的内容写在各自的栏目中",
}
_PRIVACIES: Mapping[Privacy, str] = {
    Privacy.NONE: "",
    Privacy.PERSONAL: "个人信息：不进入报告、日志和邮件",
    Privacy.HASHED: "个人信息：只保存加密后的摘要",
    Privacy.DROPPED: "个人信息：不保存",
}
_SPANS = {"year": "须在填报年度之内", "near": "须在填报年度或前后一年之内", "until": "不晚于填报年度末"}
_COLUMN_HEADERS = ("栏目", "字段名", "类型", "必填", "单位", "取值要求", "说明", "示例", "可识别的其他写法", "个人信息")
_RULE_HEADERS = ("规则编号", "程度", "栏目", "问题", "要求", "怎么改", "由谁处理")


def data_dictionary(contracts: Mapping[str, Contract]) -> str:
    """What every column of every contract means and which values it takes: one Markdown section a contract, in Chinese."""
    intro = "本文件由数据约定（`schemas/contracts/`）生成，请勿手工修改。"
    return _document("数据字典", intro, contracts, _dictionary_section)


def rule_catalogue(contracts: Mapping[str, Contract]) -> str:
    """Every rule a row is checked by, as a clerk reads it: one Markdown section a contract, in Chinese."""
    intro = (
        "每行数据按下列规则检查。“严重”的行退回修改，其他行照常入库；“提醒”只请核对，不影响入库；"
        "“请说明”的写明原因即可，写明后下一年度同样的情况不再问。本文件由数据约定生成，请勿手工修改。"
    )
    return _document("规则目录", intro, contracts, _catalogue_section)


def _document(
    title: str, intro: str, contracts: Mapping[str, Contract], section: Callable[[Contract], Iterator[str]]
) -> str:
    parts = [f"# {title}", intro]
    for contract in contracts.values():
        parts += [f"## {contract.title}（`{contract.contract}`，第 {contract.version} 版）", *section(contract)]
    return "\n\n".join(parts) + "\n"


def _dictionary_section(contract: Contract) -> Iterator[str]:
    first, last = contract.years
    yield f"{contract.description}。"
    yield "\n".join(
        (
            f"- 一行：{contract.grain}",
            f"- 报送口径：{_TIME_BASES[contract.time_basis]}",
            f"- 年度：{first}—{last}",
            f"- 可识别的其他表名：{'、'.join(contract.title_synonyms) or '无'}",
            f"- 数据表：`fact_{contract.contract}`",
        )
    )
    yield markdown_table(_COLUMN_HEADERS, map(_column_row, contract.columns))


def _column_row(column: Column) -> tuple[str, ...]:
    return (
        column.header,
        f"`{column.name}`",
        TYPE_NAMES[column.type],
        "是" if column.required else "",
        column.unit or "",
        "；".join(_demands(column)),
        column.description,
        column.example,
        "、".join(column.synonyms),
        _PRIVACIES[column.privacy],
    )


def _demands(column: Column) -> Iterator[str]:
    if column.choices:
        yield "、".join(_choice_text(choice, synonyms) for choice, synonyms in column.choices.items())
    if column.minimum is not None:
        yield f"不小于 {bound_text(column, column.minimum)}"
    if column.maximum is not None:
        yield f"不大于 {bound_text(column, column.maximum)}"
    if column.max_length is not None:
        yield f"不超过 {column.max_length} 个字"
    if column.pattern:
        yield f"格式 `{column.pattern}`"
    if column.in_period:
        yield _SPANS[column.in_period]
    if column.fill_down:
        yield "合并单元格下的空白视同上一行"


def _choice_text(choice: str, synonyms: Sequence[str]) -> str:
    return f"{choice}（{'、'.join(synonyms)}）" if synonyms else choice


def _catalogue_section(contract: Contract) -> Iterator[str]:
    yield markdown_table(_RULE_HEADERS, (_rule_row(contract, rule) for rule in rules_of(contract)))


def _rule_row(contract: Contract, rule: Rule) -> tuple[str, ...]:
    headers = "、".join(contract.column(name).header for name in rule.columns)
    severity = QUESTION_NAME if rule.is_question else SEVERITY_NAMES[rule.severity]
    turn = TURN_NAMES[rule.turn]
    return (f"`{rule.rule_id}`", severity, headers, rule.message, rule.expected, rule.fix, turn)


def markdown_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars and line breaks inside a cell do not end it."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    """A bar or line break inside a cell would end it."""
    return text.replace("|", "\\|").replace("\n", " ")
