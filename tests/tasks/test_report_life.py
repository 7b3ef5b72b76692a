"""A report on record: frozen, rendered again under its own register, and compared with what is known since."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from schemas.errors import MisconfiguredError
from tasks.report.changes import find_changes
from tasks.report.edition import compose_draft, render_afresh, render_edition
from tasks.report.manifest import describe_differences, read_inputs
from tasks.report.measure import measure_year
from tests.warehouse.marts.ledgers import NOON, Row, load, register_institutions
from warehouse.engine import begin_write
from warehouse.marts.institutions import read_institution_names
from warehouse.marts.register import open_under_register, read_register
from warehouse.marts.reports import Report, find_report, read_report_decisions
from warehouse.store.reports import record_draft, take_step
from warehouse.tables import DimInstitution, ReportState

AS_OF = date(2021, 9, 30)
LATER = NOON + timedelta(days=200)
SESSION: Row = {"trainee_institution_code": "hetian", "started_on": date(2021, 5, 1), "trainee_person_times": 510}


@pytest.fixture
def warehouse(engine: Engine) -> Engine:
    """One school, one session of training."""
    register_institutions(engine, {"hetian": ("和田职业技术学院", "supported_school", "6532")})
    load(engine, "training_session", "2021", [SESSION])
    return engine


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def rename(engine: Engine) -> None:
    with begin_write(engine) as connection:
        connection.execute(update(DimInstitution).values(institution_name="新名学院", kind="college"))


def drafted(engine: Engine) -> Report:
    edition = compose_draft(engine, measure_year(engine, 2021, AS_OF, NOON), "天津职业大学", "national_final_2024")
    with begin_write(engine) as connection:
        number = record_draft(
            connection, NOON, year=2021, as_of=AS_OF, known_at=NOON, manifest=edition.manifest,
            figures=edition.measured.figures,
        )  # fmt: skip
    with engine.connect() as connection:
        return find_report(connection, number)


def test_the_register_of_a_report_stands_before_todays_and_writes_nothing(warehouse: Engine) -> None:
    with warehouse.connect() as connection:
        register = read_register(connection)
    rename(warehouse)
    with open_under_register(url_of(warehouse), register) as engine, engine.connect() as connection:
        assert read_institution_names(connection) == {"hetian": "和田职业技术学院"}
        assert read_register(connection) == register
    with warehouse.connect() as connection:
        assert read_institution_names(connection) == {"hetian": "新名学院"}


def test_a_report_comes_out_the_same_after_renaming_and_resubmission_in_another_process_home_and_zone(
    warehouse: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = drafted(warehouse)
    assert report.manifest is not None
    first = render_edition(url_of(warehouse), report.manifest, tmp_path / "first")
    rename(warehouse)
    load(warehouse, "training_session", "2021", [SESSION | {"trainee_person_times": 700}], at=LATER)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "America/Lima")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    again = render_afresh(url_of(warehouse), report.manifest, tmp_path / "again")
    assert (again, len(again)) == (first, 4)
    assert all("送审稿" in name for name in again)
    with warehouse.connect() as connection:
        measured = measure_year(warehouse, 2021, AS_OF, NOON)
        now = read_inputs(connection, measured, "天津职业大学", "national_final_2024")
    then = report.manifest | {"contracts": {**now["contracts"], "award": "9 " + "0" * 64}}  # type: ignore[operator, dict-item]
    assert describe_differences(then, now) == [
        "合同 award：版本 9→版本 1", "单位名称 hetian：和田职业技术学院→新名学院（报告沿用当时的名称）",
    ]  # fmt: skip


def test_no_step_is_skipped_and_each_says_who_and_why(warehouse: Engine) -> None:
    number = drafted(warehouse).report_id

    def step(name: str, by: str = "甲老师") -> None:
        with begin_write(warehouse) as connection:
            take_step(connection, LATER, number, name, by=by, why="已核对")

    for skipped in ("approve", "issue", "return", "amend"):
        with pytest.raises(MisconfiguredError, match="现在是“送审稿”"):
            step(skipped)
    with pytest.raises(MisconfiguredError, match="经办人和理由"):
        step("review", by=" ")
    for name in ("review", "return", "review", "approve", "issue"):
        step(name)
    with warehouse.connect() as connection:
        assert find_report(connection, number).state is ReportState.ISSUED
        kinds = [(one.kind, one.decided_by) for one in read_report_decisions(connection, number)]
    assert kinds == [(name, "甲老师") for name in ("review", "return", "review", "approve", "issue")]


def test_a_resubmission_moves_named_values_by_so_much_and_says_whose_it_was(warehouse: Engine) -> None:
    report = drafted(warehouse)
    assert find_changes(warehouse, url_of(warehouse), report, LATER).slots == ()
    load(warehouse, "training_session", "2021", [SESSION | {"trainee_person_times": 512}], at=LATER)
    changes = find_changes(warehouse, url_of(warehouse), report, LATER)
    assert [slot.told for slot in changes.slots] == ["sgb2021年“师资培训台账”重报（《training_session_2021.xlsx》）"]
    moved = {value.value_id: value for value in changes.values}
    year = moved["2021/trained_partner_region"]
    assert (year.correction.before, year.correction.after) == ("510人次", "512人次")
    assert year.correction.cause == changes.slots[0].told
    assert year.share == Decimal(2) / 510
    assert not year.weighs(Decimal("0.01"))
    assert year.weighs(Decimal("0.001"))
    assert moved["2021/trained_cumulative"].weighs(Decimal("0.01")), "the leader's page shows it"
