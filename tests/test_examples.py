"""The example inboxes: the figures they are meant to give, their bytes, and every row read as its ledger says."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import pytest
import yaml

from examples.books import Book, Page, load_books
from examples.check_figures import EXPECTED, figures
from examples.files import write_book
from examples.ledger import Entry, Row, is_good, read_ledger
from examples.make_examples import HERE, KEPT, table
from schemas.contract import Column, ColumnType, Contract, Privacy, load_contracts
from schemas.values import Delivery, Reading, Severity, SubmissionState, Verdict
from sources.registry import Registry, load_registry
from tasks.intake.judge import check
from tasks.intake.reading import DeliveryReader, build_reader

INBOXES = HERE / "inboxes"
BOOKS = load_books()
PARTNERS = HERE.parent / "sources" / "partners"
FATES = {
    "in_force": {SubmissionState.ACCEPTED, SubmissionState.ACCEPTED_WITH_FINDINGS},
    "refused": {SubmissionState.REFUSED},
    "unreadable": {SubmissionState.UNREADABLE},
    "unrecognised": {SubmissionState.UNRECOGNISED},
}
Cells: TypeAlias = dict[str, tuple[object, bool]]
"""Header → value and whether it is approximate."""
HASH_KEY = b"a key of the tests only, 32 byte"


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return load_contracts()


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry(PARTNERS)


@pytest.fixture(scope="module")
def reader(contracts: dict[str, Contract], registry: Registry) -> DeliveryReader:
    return build_reader(contracts, registry, HASH_KEY)


def test_the_ledgers_give_the_published_figures() -> None:
    expected = yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))["figures"]
    assert figures(load_books()) == {name: figure["value"] for name, figure in expected.items()}


def test_the_plan_holds_the_numeric_targets_of_the_road_map() -> None:
    expected = yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))["plan"]
    rows = {
        str(row["指标编码"].value): row for row in read_ledger("indicator_target_2019") if row["层面"].value == "学校"
    }
    assert {
        code: {year: rows[code][f"{year}年目标值"].value for year in years} for code, years in expected.items()
    } == expected


def test_the_inboxes_hold_exactly_the_listed_workbooks() -> None:
    assert {str(path.relative_to(INBOXES)) for path in INBOXES.rglob("*") if path.is_file()} == {
        book.path for book in BOOKS
    }


def test_the_readme_lists_every_workbook() -> None:
    assert table(BOOKS) in (HERE / "README.md").read_text(encoding="utf-8")


def test_every_sender_is_a_registered_partner_with_that_inbox(registry: Registry) -> None:
    inboxes = {book.partner: registry.partners[book.partner].inbox for book in BOOKS}
    assert inboxes == {book.partner: f"folder:{book.partner}" for book in BOOKS}


@pytest.mark.parametrize("book", [book for book in BOOKS if book.form not in KEPT], ids=lambda book: book.path)
def test_made_again_the_bytes_are_the_same(book: Book, tmp_path: Path) -> None:
    made = tmp_path / book.file
    write_book(made, [page.sheet for page in book.pages], book.form)
    assert made.read_bytes() == (INBOXES / book.path).read_bytes()


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.path)
def test_the_workbook_meets_its_fate(book: Book, reader: DeliveryReader, contracts: dict[str, Contract]) -> None:
    reading = reader.read(_delivery(book))
    states = {verdict.state for verdict in _verdicts(reading, contracts)} or {reading.state}
    assert states <= FATES[book.fate]


@pytest.mark.parametrize("book", [book for book in BOOKS if book.fate == "in_force"], ids=lambda book: book.path)
def test_every_row_is_read_as_its_ledger_says(
    book: Book, reader: DeliveryReader, contracts: dict[str, Contract], registry: Registry
) -> None:
    reading = reader.read(_delivery(book))
    pages = {(page.contract, page.period): page for page in book.pages if page.contract}
    verdicts = {(v.submission.contract, v.submission.period): v for v in _verdicts(reading, contracts)}
    assert [finding.message for finding in reading.findings] == []
    assert set(verdicts) == set(pages)
    for slot, verdict in verdicts.items():
        contract, page = contracts[verdict.submission.contract], pages[slot]
        assert _loaded(verdict, contract, page) == _meant(contract, page, registry)
        assert _held_rows(verdict) == _faults(page)
        assert _warned_rows(verdict) <= _faults(page) | _typed_personal_number(page) | _overspent(page)


def _delivery(book: Book) -> Delivery:
    path = INBOXES / book.path
    content = path.read_bytes()
    return Delivery(
        sha256=hashlib.sha256(content).hexdigest(), partner_code=book.partner, channel="folder", address=f"folder:{book.path}",
        file_name=book.file, size_bytes=len(content), seen_at=datetime(2021, 9, 22, tzinfo=UTC), path=path,
    )  # fmt: skip


def _verdicts(reading: Reading, contracts: dict[str, Contract]) -> list[Verdict]:
    return [verdict for one in reading.submissions for verdict in check(contracts[one.contract], [one])]


def _shown(contract: Contract, page: Page) -> list[Column]:
    """The columns compared: those the ledger has, without the ones whose cells never leave the reader in clear."""
    secret = {Privacy.HASHED, Privacy.DROPPED}
    return [column for column in contract.columns if column.header in page.rows[0] and column.privacy not in secret]


def _loaded(verdict: Verdict, contract: Contract, page: Page) -> dict[int, Cells]:
    submission, held = verdict.submission, set(verdict.held.tolist())
    columns = _shown(contract, page)
    read: dict[int, Cells] = {}
    for position in set(range(len(submission))) - held:
        cells = {column.header: (column, submission.columns[column.name][position]) for column in columns}
        read[int(submission.rows[position])] = {
            header: (_plain(column, cell.value), cell.is_approximate) for header, (column, cell) in cells.items()
        }
    return read


def _meant(contract: Contract, page: Page, registry: Registry) -> dict[int, Cells]:
    rows = zip(page.sheet.source_rows, page.rows, strict=True)
    return {number: _meant_row(row, _shown(contract, page), registry) for number, row in rows if is_good(row)}


def _meant_row(row: Row, columns: list[Column], registry: Registry) -> Cells:
    cells = {column.header: (column, row[column.header]) for column in columns}
    return {
        header: (_plain(column, _value(column, entry, registry)), entry.is_approximate)
        for header, (column, entry) in cells.items()
    }


def _value(column: Column, entry: Entry, registry: Registry) -> object:
    value = entry.value
    if column.type is ColumnType.PARTNER and isinstance(value, str):
        return registry.resolve(value).code
    if isinstance(value, Decimal):
        scale = {ColumnType.MONEY: Decimal(10_000), ColumnType.SHARE: Decimal("0.01")}.get(column.type, Decimal(1))
        return value * scale
    if column.type is ColumnType.MONTH and isinstance(value, date):
        return value.replace(day=1)
    return value


def _plain(column: Column, value: object) -> object:
    """A value that compares across int, float and Decimal; a personal number typed into a text is not compared."""
    if isinstance(value, int | float | Decimal):
        return round(float(value), 4)
    if column.type is ColumnType.TEXT and isinstance(value, str):
        return value.replace(PERSONAL_NUMBER, "")
    return value


PERSONAL_NUMBER = "110101190001010000"


def _held_rows(verdict: Verdict) -> set[int]:
    return {int(verdict.submission.rows[position]) for position in verdict.held.tolist()}


def _warned_rows(verdict: Verdict) -> set[int | None]:
    return {f.place.row for f in verdict.findings if f.severity is not Severity.INFO and f.place.row is not None}


def _rows_where(page: Page, numbers: list[bool]) -> set[int]:
    return {number for number, wanted in zip(page.sheet.source_rows, numbers, strict=True) if wanted}


def _faults(page: Page) -> set[int]:
    return _rows_where(page, [not is_good(row) for row in page.rows])


def _typed_personal_number(page: Page) -> set[int]:
    return _rows_where(page, [any(PERSONAL_NUMBER in (e.typed or "") for e in row.values()) for row in page.rows])


def _overspent(page: Page) -> set[int]:
    return _rows_where(page, [_spent_more(row) for row in page.rows])


def _spent_more(row: Row) -> bool:
    received, spent = (row.get(header, Entry(None)).value for header in ("到位金额", "支出金额"))
    return isinstance(received, Decimal) and isinstance(spent, Decimal) and spent > received
