"""An operator's answers on headers go before the contract's own words, and what was to be left out is not spoken of."""

from __future__ import annotations

from schemas.contract import shipped_contracts
from sources.registry import Registry
from tasks.intake.cell_columns import CellReader
from tasks.intake.grid import Grid
from tasks.intake.headers import build_headers
from tasks.intake.recognise import RecognisedFile, recognise_file
from tests.tasks.ledger_rows import ROOM, Rows, room

KNOWN = {name: build_headers(contract) for name, contract in shipped_contracts().items()}


def recognised(rows: Rows, registry: Registry, approved: dict[str, dict[str, str | None]]) -> RecognisedFile:
    width = max(map(len, rows))
    grid = Grid("台账", [[*row, *[""] * (width - len(row))] for row in rows])  # type: ignore[list-item]
    reader = CellReader(registry, b"secret")
    return recognise_file([grid], KNOWN, reader, sender="hetian", address="folder:hetian/a.xlsx", approved=approved)


def test_an_approved_header_is_read_as_the_column_it_was_approved_for(registry):
    rows = [["2021年度实训室建设情况一览表"], [ROOM[0], "工坊", *ROOM[2:]], room("甲")]
    (refused,) = recognised(rows, registry, {}).findings
    assert refused.rule_id == "layout.missing_column"
    found = recognised(rows, registry, {"training_room": {"工坊": "room_name"}})
    (table,) = found.tables
    assert (found.findings, table.findings) == ((), ())
    assert table.conformed.layout.columns["room_name"] == (2, "工坊")


def test_an_approval_goes_before_what_the_contract_says(registry):
    header = ["受援单位", "实训室名称", "使用面积", "设备总值（万元）", "工位数", "建成时间", "面积（原）"]
    rows = [["2021年度实训室建设情况一览表"], header, [*room("甲"), 99]]
    (table,) = recognised(rows, registry, {"training_room": {"面积原": "area_sqm", "使用面积": None}}).tables
    assert table.conformed.columns["area_sqm"][0].value == 99.0
    assert (table.findings, table.conformed.layout.unknown) == ((), ())


def test_an_approval_changes_what_is_said_and_never_the_fingerprint(registry):
    rows = [["2021年度实训室建设情况一览表"], [*ROOM, "联系人"], [*room("甲"), "某某"]]
    (asked,) = recognised(rows, registry, {}).tables
    (answered,) = recognised(rows, registry, {"training_room": {"联系人": None}}).tables
    assert [finding.rule_id for finding in asked.findings] == ["layout.unknown_header"]
    assert answered.findings == ()
    assert asked.conformed.layout.fingerprint == answered.conformed.layout.fingerprint


def test_an_answer_for_a_column_the_contract_no_longer_has_is_asked_again(registry):
    rows = [["2021年度实训室建设情况一览表"], [*ROOM, "联系人"], [*room("甲"), "某某"]]
    (table,) = recognised(rows, registry, {"training_room": {"联系人": "gone"}}).tables
    assert [finding.found for finding in table.findings] == ["联系人"]
