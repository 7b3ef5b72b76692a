"""An independent check: every published figure computed straight from the rows meant to be in force, without the reader.

``python -m examples.check_figures`` prints each figure beside the expected one and exits 1 when any differs.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TypeAlias

import yaml

from examples.books import Book, load_books
from examples.ledger import Row, Value, is_good

EXPECTED = Path(__file__).parent / "expected.yaml"
REGISTERS = {"support_project", "programme_built", "training_room", "technical_service", "platform_base"}
NO_SCHOOLS = {"中西部地区", "宝坻区", "重庆荣昌眼镜产业园"}
XIONGAN = {"雄县职业技术教育中心", "容城县职业技术教育中心", "安新县职业技术教育中心"}
Figure: TypeAlias = int | Mapping[str, int]


class InForce:
    """The good rows of every slot after the second night."""

    def __init__(self, books: list[Book]) -> None:
        self.slots: dict[tuple[str, str, str], list[Row]] = {}
        for book in sorted(books, key=lambda book: book.night):
            for page in book.pages:
                if page.contract and page.period and book.fate == "in_force":
                    self.slots[page.contract, book.partner, page.period] = [row for row in page.rows if is_good(row)]

    def rows(self, contract: str, *years: int, partner: str | None = None) -> list[Row]:
        """The rows of a contract: of a register the latest list of each partner, else of the years named (none: all)."""
        found: dict[tuple[str, str], list[Row]] = {}
        for (name, sender, period), rows in sorted(self.slots.items()):
            if name == contract and partner in {None, sender} and (not years or int(period) in years):
                found[sender, "" if contract in REGISTERS else period] = rows
        return [row for rows in found.values() for row in rows]


def figures(books: list[Book]) -> dict[str, Figure]:
    """Every figure of expected.yaml, by its name there."""
    force = InForce(books)
    return {name: compute(force) for name, compute in COMPUTED.items()}


def _total(rows: Iterable[Row], header: str) -> int:
    return sum(value for row in rows if isinstance(value := row[header].value, int))


def _where(rows: Iterable[Row], **equals: Value) -> list[Row]:
    return [row for row in rows if all(row[header].value == value for header, value in equals.items())]


def _kinds(rows: Iterable[Row], *headers: str) -> set[tuple[Value, ...]]:
    return {tuple(row[header].value for header in headers) for row in rows}


def _channels(force: InForce) -> dict[str, int]:
    return dict(Counter(str(channel) for channel, _ in _kinds(force.rows("support_project"), "项目来源", "项目名称")))


def _medals(force: InForce, *, internet_plus: bool) -> dict[str, int]:
    rows = [
        row for row in force.rows("award", partner="jwc") if ("互联网" in str(row["竞赛名称"].value)) == internet_plus
    ]
    return dict(Counter(f"{row['级别'].value}{row['等级'].value}" for row in rows))


def _first_half(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if isinstance(day := row["开始时间"].value, date) and day.month <= 6]


def _trained(force: InForce, year: int, *, xiongan: bool) -> int:
    rows = [row for row in force.rows("training_session", year) if row["受训单位"].value != "蓟州区"]
    return _total([row for row in rows if (row["受训单位"].value in XIONGAN) == xiongan], "培训人次")


def _to_hetian(force: InForce, *years: int) -> set[tuple[Value, ...]]:
    return _kinds(_where(force.rows("dispatched_person", *years), 受援单位="和田职业技术学院"), "工号")


def _hetian(force: InForce, contract: str, **equals: Value) -> int:
    return len(_where(force.rows(contract), 受援单位="和田职业技术学院", **equals))


def _teacher_awards(force: InForce) -> int:
    """Awards at 省级 or above of supported schools' teachers; a list without that column is of the college's own students."""
    rows = [row for row in force.rows("award") if "是否受援院校教师" in row]
    return sum(row["级别"].value in {"国家级", "省级"} for row in _where(rows, 是否受援院校教师="是"))


def _screening(force: InForce, header: str) -> int:
    return _total(_where(force.rows("activity", 2020, 2021), 活动类型="义诊筛查"), header)


def _practice(force: InForce) -> list[Row]:
    return _where(force.rows("activity", 2021), 活动类型="社会实践")


def _crops(force: InForce) -> int:
    rows = [row for row in force.rows("technical_service") if row["类型"].value in {"品种培育", "产品推广"}]
    return len(_kinds(rows, "推广应用品种/成果") - {(None,)})


def _west(force: InForce, year: int) -> int:
    return _total(_where(force.rows("enrolment", year), 计划类别="西部协作"), "计划数")


COMPUTED: Mapping[str, Callable[[InForce], Figure]] = {
    "supported_schools": lambda force: len(
        {name for (name,) in _kinds(force.rows("support_project"), "受援单位")} - NO_SCHOOLS
    ),
    "projects_by_channel": _channels,
    "dispatched_person_times": lambda force: _total(force.rows("dispatched_person"), "人次"),
    "hetian_core_staff": lambda force: len(_to_hetian(force)),
    "hetian_cadres_2019": lambda force: len(_to_hetian(force, 2019)),
    "trained_cumulative": lambda force: _total(force.rows("training_session"), "培训人次"),
    "trained_first_half_2021": lambda force: _total(_first_half(force.rows("training_session", 2021)), "培训人次"),
    "trained_partner_region_2020": lambda force: _trained(force, 2020, xiongan=False),
    "trained_partner_region_2021": lambda force: _trained(force, 2021, xiongan=False),
    "trained_xiongan_2020": lambda force: _trained(force, 2020, xiongan=True),
    "trained_xiongan_2021": lambda force: _trained(force, 2021, xiongan=True),
    "supported_teacher_awards": _teacher_awards,
    "hetian_programmes": lambda force: _hetian(force, "programme_built"),
    "hetian_training_rooms": lambda force: _hetian(force, "training_room", 性质="校内"),
    "weixian_admitted_2020": lambda force: _total(_where(force.rows("enrolment", 2020), 计划类别="定向"), "录取数"),
    "west_planned_2021": lambda force: _west(force, 2021),
    "west_planned_2020": lambda force: _west(force, 2020),
    "applied_crops": _crops,
    "practice_activities_2021": lambda force: len(_practice(force)),
    "practice_teams_2021": lambda force: len(_kinds(_practice(force), "团队名称")),
    "screening_events": lambda force: _screening(force, "场次"),
    "screening_served": lambda force: _screening(force, "服务人次"),
    "screening_units": lambda force: _screening(force, "服务单位数"),
    "internet_plus": lambda force: _medals(force, internet_plus=True),
    "other_contests": lambda force: _medals(force, internet_plus=False),
}


def main() -> int:
    """Print every figure; 0 when all are as expected."""
    expected = yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))["figures"]
    found = figures(load_books())
    wrong = [name for name in expected if found.get(name) != expected[name]["value"]]
    for name, figure in found.items():
        print(
            f"{'✗' if name in wrong else '✓'} {name}: {figure}"
            + (f" (expected {expected[name]['value']})" if name in wrong else "")
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
