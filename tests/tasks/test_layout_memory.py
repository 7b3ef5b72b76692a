"""Layout memory: real workbooks whose headers drift, the question asked of it, its answer, and silence from then on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine, select

from schemas.contract import shipped_contracts
from schemas.values import Delivery, Reading, SubmissionState
from sources.registry import Registry
from tasks.intake.judge import check
from tasks.intake.layout_memory import read_approvals
from tasks.intake.load import LoadOutcome, load_verdicts, record_unread
from tasks.intake.reading import read_delivery
from tasks.intake.reading_workers import read_deliveries
from tasks.intake.replay import delivery_of, replay_remainder, replay_verdicts
from warehouse.engine import begin_write
from warehouse.marts.held import read_by_layout, read_held
from warehouse.marts.questions import open_questions
from warehouse.store.nights import open_night
from warehouse.store.questions import answer
from warehouse.tables import FindingRow, Reason, Submission, fact_table

CONTRACTS = shipped_contracts()
NIGHT = datetime(2022, 1, 5, 18, tzinfo=UTC)
ACCEPTED, WITH_FINDINGS = SubmissionState.ACCEPTED, SubmissionState.ACCEPTED_WITH_FINDINGS
REFUSED, RECEIVED = SubmissionState.REFUSED, SubmissionState.RECEIVED
HEADERS = ["受援单位", "实训室名称", "性质", "使用面积（平方米）", "设备总值（万元）", "工位数", "建成时间"]
ROWS = [
    ["和田职业技术学院", f"实训室{n}", "校内", 100 + n, 25.5, 40 + n, "2020年9月"] for n in range(3)
]  # fmt: skip


class Office:
    """A warehouse with a landing folder: sends files, answers questions, replays."""

    def __init__(self, engine: Engine, registry: Registry, folder: Path) -> None:
        self.engine, self.registry, self.folder, self.day = engine, registry, folder, 0

    def send(self, headers: Sequence[str], rows: Sequence[Sequence[object]] = ROWS, year: int = 2021) -> Reading:
        """Another night in which hetian's file has these headers."""
        self.day += 1
        path = self.folder / "new.xlsx"
        workbook = openpyxl.Workbook()
        for row in ([f"{year}年度实训室一览表"], headers, *rows):
            workbook.active.append(list(row))
        workbook.save(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        landed = self.folder / digest[:2] / digest
        landed.parent.mkdir(exist_ok=True)
        path.rename(landed)
        now = NIGHT + timedelta(days=self.day)
        delivery = Delivery(
            digest, "hetian", "folder", f"folder:hetian/{year}.xlsx", "实训室.xlsx", landed.stat().st_size, now, landed,
            modified_at=now,
        )  # fmt: skip
        reading = self._read(delivery)
        self.outcomes = self._load(reading, lambda judged, contract, number: load_verdicts(
            self.engine, number, judged, contract, now
        ))  # fmt: skip
        record_unread(self.engine, self.night(), reading, now)
        return reading

    def answer(self, code: str) -> list[LoadOutcome]:
        """Answer the only open question and replay what it concerns."""
        with begin_write(self.engine) as connection:
            (question,) = open_questions(connection)
            answer(connection, NIGHT, question.question_id, code=code, by="甲老师", why="与该校核实")
        with self.engine.connect() as connection:
            fingerprint = str(question.details["fingerprint"])
            held = [*read_held(connection), *read_by_layout(connection, "hetian", "training_room", fingerprint)]
        return self.replay({delivery_of(one, self.folder): one.sighting_id for one in held})

    def replay(self, sightings: Mapping[Delivery, int]) -> list[LoadOutcome]:
        now, found = NIGHT + timedelta(days=self.day, hours=1), []
        for delivery, sighting_id in sightings.items():
            reading = self._read(delivery)
            found += self._load(reading, lambda judged, contract, number: replay_verdicts(
                self.engine, number, judged, sightings, contract, now
            ))  # fmt: skip
            replay_remainder(self.engine, self.night(), reading, sighting_id, now)
        return found

    def night(self) -> int:
        with begin_write(self.engine) as connection:
            return open_night(connection, NIGHT)

    def _read(self, delivery: Delivery) -> Reading:
        with self.engine.connect() as connection:
            approvals = read_approvals(connection)
        return read_delivery(delivery, CONTRACTS, self.registry, b"secret", approvals=approvals)

    def _load(self, reading: Reading, load: Callable[..., list[LoadOutcome]]) -> list[LoadOutcome]:
        contract = CONTRACTS["training_room"]
        verdicts = check(contract, reading.submissions) if reading.submissions else []
        judged = [(verdict, reading.delivery) for verdict in verdicts]
        return load(judged, contract, self.night()) if judged else []

    def questions(self) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        with self.engine.connect() as connection:
            return [(question.question, question.choices) for question in open_questions(connection)]

    def findings(self) -> list[str]:
        """Rules of the findings on the latest submission recorded."""
        with self.engine.connect() as connection:
            newest = connection.scalar(select(Submission.id).order_by(Submission.id.desc()).limit(1))
            return sorted(connection.scalars(select(FindingRow.rule_id).where(FindingRow.submission_id == newest)))

    def facts(self, column: str) -> list[object]:
        """That column of the facts in force."""
        fact = fact_table("training_room")
        statement = (
            select(fact.c[column])
            .join(Submission, Submission.id == fact.c.submission_id)
            .where(Submission.in_force_from.is_not(None), Submission.in_force_to.is_(None))
            .order_by(fact.c.source_row)
        )
        with self.engine.connect() as connection:
            return list(connection.scalars(statement))


@pytest.fixture
def office(engine: Engine, registry: Registry, tmp_path: Path) -> Office:
    return Office(engine, registry, tmp_path)


def renamed(old: str, new: str) -> list[str]:
    return [new if header == old else header for header in HEADERS]


def states(outcomes: Sequence[LoadOutcome]) -> list[tuple[SubmissionState, Reason | None]]:
    return [(outcome.state, outcome.reason) for outcome in outcomes]


def test_a_layout_as_before_and_a_first_one_as_the_contract_has_it_are_read_in_silence(office: Office) -> None:
    office.send(HEADERS)
    assert (states(office.outcomes), office.findings()) == ([(ACCEPTED, Reason.FIRST)], [])
    office.send(HEADERS, ROWS[:2])
    assert (states(office.outcomes), office.findings()) == ([(ACCEPTED, Reason.RESUBMISSION)], [])
    assert office.questions() == []


def test_moved_columns_and_known_words_are_read_and_remarked_upon_without_a_question(office: Office) -> None:
    office.send(HEADERS)
    moved = [HEADERS[0], *HEADERS[2:0:-1], *HEADERS[3:]]
    office.send(moved, [[row[0], *row[2:0:-1], *row[3:]] for row in ROWS])
    assert (states(office.outcomes), office.findings()) == ([(ACCEPTED, Reason.RESUBMISSION)], ["layout.moved"])
    assert office.questions() == []
    assert office.facts("location_code") == ["校内"] * 3


def test_a_lost_required_column_holds_the_file_until_its_mapping_is_accepted_and_then_reads_in_silence(
    office: Office,
) -> None:
    office.send(HEADERS)
    drifted = renamed("工位数", "设备工位数量（套）")
    reading = office.send(drifted, [[*row[:5], 77, row[6]] for row in ROWS])
    assert (reading.state, office.outcomes) == (REFUSED, [])
    assert office.findings() == ["layout.drift", "layout.missing_column"]
    assert office.facts("workstation_count") == [40, 41, 42]
    ((question, choices),) = office.questions()
    assert question == (
        f"{CONTRACTS['training_room'].title}：《实训室.xlsx》工作表“Sheet”的表头与上次接收的不同：新出现“设备工位数量（套）”；缺少“工位数”。"
        "确认以前这张表不入库，以前已接收的数据不受影响。"
    )
    assert choices == (
        ("accept", "按建议对应：“设备工位数量（套）”→“工位数”"),
        ("refuse", "退回，请报送单位按模板改正表头"),
    )
    assert states(office.answer("accept")) == [(ACCEPTED, Reason.REPLAY)]
    assert (office.facts("workstation_count"), office.questions()) == ([77, 77, 77], [])
    office.send(drifted, [[*row[:5], 78, row[6]] for row in ROWS])
    assert (states(office.outcomes), office.findings()) == ([(ACCEPTED, Reason.RESUBMISSION)], [])
    assert (office.facts("workstation_count"), office.questions()) == ([78, 78, 78], [])


def test_the_same_drifted_file_night_after_night_is_asked_about_once(office: Office) -> None:
    office.send(HEADERS)
    drifted = renamed("工位数", "设备工位数量（套）")
    office.send(drifted)
    asked = office.questions()
    office.send(drifted, ROWS[:2])
    assert (office.questions(), len(asked)) == (asked, 1)


def test_new_columns_load_and_ask_and_once_ignored_are_read_in_silence(office: Office) -> None:
    office.send(HEADERS)
    wider, rows = [*HEADERS, "消防验收"], [[*row, "合格"] for row in ROWS]
    office.send(wider, rows)
    assert states(office.outcomes) == [(WITH_FINDINGS, Reason.RESUBMISSION)]
    assert "layout.unknown_header" in office.findings()
    ((_, choices),) = office.questions()
    assert ("ignore", "不读新列：“消防验收”") in choices
    assert states(office.answer("ignore")) == [(ACCEPTED, Reason.REPLAY)]
    assert office.findings() == []
    office.send(wider, rows[:2])
    assert (states(office.outcomes), office.findings()) == ([(ACCEPTED, Reason.RESUBMISSION)], [])


def test_a_refused_layout_stays_out_and_its_sender_is_told(office: Office) -> None:
    office.send(HEADERS)
    wider = [*HEADERS, "消防验收"]
    office.send(wider, [[*row, "合格"] for row in ROWS])
    assert states(office.answer("refuse")) == [(REFUSED, Reason.REPLAY)]
    assert "layout.refused" in office.findings()
    assert len(office.facts("room_name")) == 3
    office.send(wider, [[*row, "不合格"] for row in ROWS])
    assert (states(office.outcomes), office.questions()) == ([(REFUSED, Reason.RESUBMISSION)], [])


def test_a_mended_file_answers_the_question_by_itself(office: Office) -> None:
    office.send(HEADERS)
    office.send(renamed("工位数", "设备工位数量（套）"))
    assert len(office.questions()) == 1
    office.send(HEADERS, ROWS[:2])
    assert office.questions() == []


def test_a_replay_that_finds_the_same_writes_nothing_and_one_under_new_answers_keeps_both_verdicts(
    office: Office,
) -> None:
    office.send(HEADERS)
    office.send(renamed("工位数", "设备工位数量（套）"))

    def recorded() -> list[tuple[object, ...]]:
        with office.engine.connect() as connection:
            columns = (Submission.state, Submission.reason, Submission.contract)
            return [tuple(row) for row in connection.execute(select(*columns).order_by(Submission.id))]

    before = recorded()
    with office.engine.connect() as connection:
        everything = read_held(connection, in_force_too=True)
    assert len(everything) == 2
    assert [
        o.is_unchanged for o in office.replay({delivery_of(h, office.folder): h.sighting_id for h in everything})
    ] == [True]
    assert recorded() == before
    office.answer("accept")
    assert recorded()[: len(before)] == [(SubmissionState.SUPERSEDED, *before[0][1:]), *before[1:]]
    assert recorded()[len(before) :] == [
        (ACCEPTED, Reason.REPLAY, "training_room"), (RECEIVED, Reason.REPLAY, None),
    ]  # fmt: skip
    with office.engine.connect() as connection:
        assert read_held(connection) == []


def test_a_remark_on_a_changed_header_is_not_taken_back_when_the_file_is_read_again(office: Office) -> None:
    office.send(HEADERS)
    office.send(list(reversed(HEADERS)), [row[::-1] for row in ROWS])
    assert office.findings() == ["layout.moved"]
    with office.engine.connect() as connection:
        counting = read_held(connection, in_force_too=True)
    found = office.replay({delivery_of(one, office.folder): one.sighting_id for one in counting})
    assert [outcome.reason for outcome in found] == [None]


def test_approvals_travel_into_the_workers(office: Office, registry: Registry) -> None:
    office.send(HEADERS)
    delivery = office.send(renamed("工位数", "设备工位数量（套）")).delivery
    office.answer("accept")
    with office.engine.connect() as connection:
        approvals = read_approvals(connection)
    readings = list(read_deliveries([delivery], CONTRACTS, registry, b"secret", approvals=approvals))
    assert [(r.state, len(r.submissions), r.findings) for r in readings] == [(RECEIVED, 1, ())]
