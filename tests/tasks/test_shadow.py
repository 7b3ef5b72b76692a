"""A changed contract tried on what is held and in force: who fails, which rows, which figures; on both databases nothing stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine, select

from schemas.contract import Contract, CrossRule, shipped_contracts
from schemas.errors import MisconfiguredError
from schemas.values import Delivery, Reading, Severity, SubmissionState, Verdict
from tasks.feedback.shadow_report import shadow_lines, without_cells, write_shadow
from tasks.intake.judge import check
from tasks.intake.load import load_verdicts
from tasks.intake.shadow import Surrounded, try_rules
from tasks.intake.shadow_values import LISTED_PER_RULE, Shadow, check_change, is_read_alike
from warehouse.base import Base
from warehouse.engine import begin_write
from warehouse.marts.held import read_held
from warehouse.store.nights import open_night

CONTRACTS = shipped_contracts()
TODAY = CONTRACTS["training_session"]
NIGHT = datetime(2021, 9, 1, 18, tzinfo=UTC)
LATER = NIGHT + timedelta(days=1)
ORDERED = "training_session.ends_after_start"
AT_MOST = "training_session.trainee_person_times.maximum"
Trial = Callable[[Contract], Shadow]


def changed(name: str, /, **told: object) -> Contract:
    """Today's contract with one of its columns or rules changed."""
    columns = tuple(one.model_copy(update=told) if one.name == name else one for one in TODAY.columns)
    rules = tuple(one.model_copy(update=told) if one.id == name else one for one in TODAY.rules)
    return TODAY.model_copy(update={"version": TODAY.version + 1, "columns": columns, "rules": rules})


def everything(engine: Engine) -> dict[str, list[str]]:
    """All rows of all tables."""
    with engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.execute(select(table)).all()))
            for name, table in Base.metadata.tables.items()
        }


def row(number: int, *, is_wrong: bool = False) -> dict[str, object]:
    return {
        "session_name": f"研修班{number}", "trainee_institution_code": "hetian", "training_mode_code": "线下",
        "started_on": date(2021, 3, 5), "ended_on": date(2021, 3, 1) if is_wrong else date(2021, 3, 9),
        "trainee_person_times": 20 + number, "lecturer_names": "某某",
    }  # fmt: skip


@pytest.fixture
def office(
    engine: Engine, make_verdict: Callable[..., Verdict], make_delivery: Callable[..., Delivery]
) -> dict[Delivery, Verdict]:
    """Ten sessions of 2021 in force with two rows held, and four of 2020 refused whole."""
    files = {
        make_delivery("A", file_name="培训13800138000.xlsx"): [row(n, is_wrong=n < 2) for n in range(10)],
        make_delivery("B", address="folder:hetian/旧.xlsx", file_name="旧.xlsx"): [
            row(n, is_wrong=n > 0) for n in range(4)
        ],
    }
    judged = {}
    with begin_write(engine) as connection:
        night = open_night(connection, NIGHT)
    for (delivery, rows), period in zip(files.items(), ("2021", "2020"), strict=True):
        moved = [
            {**one, **{k: v.replace(year=int(period)) for k, v in one.items() if isinstance(v, date)}} for one in rows
        ]
        (judged[delivery],) = check(TODAY, [make_verdict(delivery, moved, period=period).submission])
    load_verdicts(engine, night, [(verdict, delivery) for delivery, verdict in judged.items()], TODAY, NIGHT)
    return judged


@pytest.fixture
def trial(engine: Engine, office: Mapping[Delivery, Verdict]) -> Trial:
    """Tries a contract on the office's files, and sees that nothing of it stays."""

    def run(contract: Contract) -> Shadow:
        check_change(TODAY, contract)
        with engine.connect() as connection:
            held = {one.sha256: one.sighting_id for one in read_held(connection, in_force_too=True)}
        readings = [Reading(delivery, (verdict.submission,)) for delivery, verdict in office.items()]
        sightings = {delivery: held[delivery.sha256] for delivery in office}
        around, before = Surrounded(engine, CONTRACTS, (), LATER), everything(engine)
        shadow = try_rules(around, TODAY, contract, (readings, readings), sightings, check)
        assert everything(engine) == before
        return shadow

    return run


def test_a_stricter_limit_tells_who_fails_which_rows_and_which_figures_move(trial: Trial) -> None:
    shadow = trial(changed("trainee_person_times", maximum=27))
    assert (shadow.ledgers_judged, shadow.version_before, shadow.version_after) == (2, 1, 2)
    (ledger,) = shadow.ledgers
    assert (ledger.counts, ledger.fails_newly, ledger.held_before, ledger.held_after) == (True, True, 2, 4)
    (rule,) = shadow.rules
    assert (rule.rule_id, rule.severity, rule.appearing, rule.disappearing) == (AT_MOST, Severity.CRITICAL, 2, 0)
    assert [(c.place.row, c.found, c.appears, c.file_name) for c in shadow.cases] == [
        (12, "28", True, "培训［号码已隐去］.xlsx"), (13, "29", True, "培训［号码已隐去］.xlsx"),
    ]  # fmt: skip
    loaded = sum(20 + n for n in range(2, 10))
    quoted, bare = (
        [line for line in shadow_lines(one, {}) if "新增：" in line] for one in (shadow, without_cells(shadow))
    )
    assert [line[len(cut) :] for line, cut in zip(quoted, bare, strict=True)] == ["：28", "：29"]
    assert {int(m.by) for m in shadow.figures if m.year == 2021 and m.before == loaded} == {-28 - 29}


def test_a_softer_rule_lets_a_refused_ledger_in(trial: Trial) -> None:
    shadow = trial(changed("ends_after_start", severity=Severity.WARNING))
    states = {one.period: (one.state_before, one.state_after, one.counts) for one in shadow.ledgers}
    accepted = SubmissionState.ACCEPTED_WITH_FINDINGS
    assert states == {"2020": (SubmissionState.REFUSED, accepted, False), "2021": (accepted, accepted, True)}
    assert all(one.fails_no_longer for one in shadow.ledgers)
    assert {(r.rule_id, r.severity, r.appearing, r.disappearing) for r in shadow.rules} == {
        (ORDERED, Severity.CRITICAL, 0, 5), (ORDERED, Severity.WARNING, 5, 0),
    }  # fmt: skip
    assert {int(m.by) for m in shadow.figures if m.year == 2020} >= {sum(20 + n for n in range(4))}


def test_a_ledger_in_force_that_would_be_refused_goes_on_counting(trial: Trial) -> None:
    shadow = trial(changed("trainee_person_times", maximum=10))
    (ledger,) = (one for one in shadow.ledgers if one.period == "2021")
    assert (ledger.state_after, ledger.fails_newly, ledger.counts) == (SubmissionState.REFUSED, True, True)
    assert [move for move in shadow.figures if move.year == 2021] == []
    assert any("现行数据在新的一份被接收以前继续计入" in line for line in shadow_lines(shadow, {}))


def test_a_new_rule_is_tried_too_and_persons_are_not_quoted(trial: Trial) -> None:
    rule = CrossRule(
        id="named",
        kind="at_most",
        columns=("trainee_person_times", "trainee_count"),
        message="人次多于人数",
        fix="请核对",
    )
    shadow = trial(TODAY.model_copy(update={"rules": (*TODAY.rules, rule)}))
    assert shadow.ledgers == ()
    assert any("版本号仍是第 1 版" in line for line in shadow_lines(shadow, {}))
    shadow = trial(changed("lecturer_names", max_length=1, severity=Severity.WARNING))
    assert {case.found for case in shadow.cases} == {""}
    assert shadow.rules[0].appearing == len(shadow.cases) == 14


def test_places_are_capped_and_totals_exact(
    engine: Engine, make_verdict: Callable[..., Verdict], make_delivery: Callable[..., Delivery], tmp_path: Path
) -> None:
    delivery = make_delivery("many")
    (verdict,) = check(TODAY, [make_verdict(delivery, [row(n) for n in range(200)]).submission])
    with begin_write(engine) as connection:
        night = open_night(connection, NIGHT)
    load_verdicts(engine, night, [(verdict, delivery)], TODAY, NIGHT)
    readings = [Reading(delivery, (verdict.submission,))]
    contract = changed("trainee_person_times", maximum=119)
    shadow = try_rules(
        Surrounded(engine, CONTRACTS, (), LATER), TODAY, contract, (readings, readings), {delivery: 1}, check
    )
    assert (shadow.rules[0].appearing, len(shadow.cases)) == (100, LISTED_PER_RULE)
    assert "  " + "  ……共 100 处，这里只列 5 处" in shadow_lines(shadow, {})
    formula = replace(shadow.ledgers[0], file_name="=1+1.xlsx")
    path = tmp_path / "试行.xlsx"
    write_shadow(replace(shadow, ledgers=(formula,)), {"hetian": "和田职业技术学院"}, path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["小结", "台账", "规则", "位置", "指标"]
    assert [cell.value for cell in book["台账"][2]][:4] == ["和田职业技术学院", "2021", "=1+1.xlsx", "是"]
    assert book["台账"]["C2"].data_type == "s"
    assert (book["规则"]["D2"].value, book["位置"].max_row) == (100, LISTED_PER_RULE + 2)
    assert book["指标"].max_row == len(shadow.figures) + 1


@pytest.mark.parametrize(
    ("contract", "said"),
    [
        (changed("day_count", type="count"), "列 day_count 的 type 不同"),
        (changed("day_count", name="days"), "少了列 day_count；多了列 days"),
        (changed("day_count", synonyms=("日数",)), "列 day_count 的 synonyms 不同"),
        (TODAY.model_copy(update={"title": "别的台账"}), "title 不同"),
        (TODAY.model_copy(update={"version": 9}), "没有不同"),
    ],
)
def test_what_changes_more_than_rules_is_refused(contract: Contract, said: str) -> None:
    with pytest.raises(MisconfiguredError, match=said):
        check_change(TODAY, contract)


def test_files_are_read_again_only_where_reading_goes_by_what_changed() -> None:
    assert is_read_alike(TODAY, TODAY.model_copy(update={"refuse_above_share": 0.9, "rings": ()}))
    assert not is_read_alike(TODAY, changed("day_count", maximum=5))
