"""The season's parcels: registers filled in from what is in force and taken back unchanged, and one mail to each partner."""

from __future__ import annotations

import email
import hashlib
import io
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from openpyxl import load_workbook
from sqlalchemy import select

from flows.night import begin_night
from flows.office import Office, open_office
from flows.season import write_parcels
from flows.settings import Settings
from schemas.contract import ColumnType, Privacy, TimeBasis, shipped_contracts
from schemas.values import Delivery, SubmissionState
from tasks.feedback.blank import FIRST_ROW, write_blank_workbook
from tasks.feedback.form import asked_columns
from tasks.intake.judge import check
from tasks.intake.load import load_verdict
from tasks.intake.reading import read_delivery
from tests.demonstration import ROOT
from tests.environment import office_environment
from tests.tasks.test_blank import well_filled
from warehouse.marts.export import LINEAGE_HEADERS, export_facts, export_headers
from warehouse.tables import Dispatch

CONTRACTS = shipped_contracts()
REGISTERS = sorted(name for name, contract in CONTRACTS.items() if contract.time_basis is TimeBasis.REGISTER)
OWED = {"hetian": [*REGISTERS, "award"], "wuwei": ["award"], "silent": ["award"], "free": []}
NAMES = {
    "hetian": "和田职业技术学院", "wuwei": "武威职业学院", "silent": "无联系人职业学院", "free": "无任务职业学院"
}  # fmt: skip


@pytest.fixture
def partners(tmp_path: Path) -> Path:
    folder = tmp_path / "partners"
    folder.mkdir()
    for code, owed in OWED.items():
        partner = {
            "code": code, "name": NAMES[code], "kind": "supported_school", "inbox": f"folder:{code}",
            "contacts": [] if code == "silent" else [{"role": "填报岗", "email": f"clerk@{code}.example"}],
            "owes": [{"contract": name, "periods": [2020, 2021]} for name in owed],
        }  # fmt: skip
        (folder / f"{code}.yaml").write_text(yaml.safe_dump(partner, allow_unicode=True), encoding="utf-8")
    return folder


def _ledger(name: str, to: Path) -> Path:
    """A register as a careful clerk sent it for 2020: three rows, one with a number that is only about right."""
    path = write_blank_workbook(CONTRACTS[name], None, 2020, to)
    workbook = load_workbook(path)
    for row in range(FIRST_ROW, FIRST_ROW + 3):
        for index, column in enumerate(asked_columns(CONTRACTS[name]), start=2):
            value = well_filled(column)
            if isinstance(value, date):
                value = date(2020, row - FIRST_ROW + 1, 1)
            elif column.type is ColumnType.TEXT:
                value = f"{value}{row}"
            elif column.type is ColumnType.COUNT and row == FIRST_ROW:
                value = "约40"
            elif column.type in {ColumnType.MONEY, ColumnType.DECIMAL}:
                value = 12.3456 + row
            workbook.worksheets[0].cell(row, index, value)
    workbook.save(path)
    return path


def _load(office: Office, name: str, path: Path, now: datetime) -> SubmissionState:
    """Read, judge and load a workbook of hetian as a night does."""
    sha256, size = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size
    delivery = Delivery(sha256, "hetian", "folder", f"folder:hetian/{path.name}", path.name, size, now, path)
    reading = read_delivery(delivery, office.contracts, office.registry, b"key")
    assert reading.findings == ()
    (submission,) = reading.submissions
    (verdict,) = check(CONTRACTS[name], [submission])
    night_id = begin_night(office, now).night_id
    return load_verdict(office.engine, night_id, verdict, delivery, CONTRACTS[name], now).state


def _facts(office: Office, name: str, year: int, at: datetime) -> list[dict[str, object]]:
    with office.engine.connect() as connection:
        rows = list(export_facts(connection, name, at, year))
    return [{header: value for header, value in row.items() if header not in LINEAGE_HEADERS} for row in rows]


def test_a_register_filled_in_from_the_facts_is_taken_back_unchanged(tmp_path: Path, partners: Path) -> None:
    now, later = datetime(2021, 1, 10, tzinfo=UTC), datetime(2022, 1, 10, tzinfo=UTC)
    with open_office(Settings(home=tmp_path, partners_folder=partners, use_example_partners=False)) as office:
        states = {name: _load(office, name, _ledger(name, tmp_path / f"{name}.xlsx"), now) for name in REGISTERS}
        assert states == dict.fromkeys(REGISTERS, SubmissionState.ACCEPTED)
        known = {name: _facts(office, name, 2020, later) for name in REGISTERS}
        assert {name: len(rows) for name, rows in known.items()} == dict.fromkeys(REGISTERS, 3)
        parcels = {partner.code: path for partner, path in write_parcels(office, 2021, tmp_path / "parcels", later)}
        assert parcels.keys() == {"hetian", "wuwei", "silent"}
        with zipfile.ZipFile(parcels["hetian"]) as parcel:
            forms = {name: f"2021年度{CONTRACTS[name].title}-{NAMES['hetian']}.xlsx" for name in OWED["hetian"]}
            assert set(parcel.namelist()) == {"填报通知.html", *forms.values()}
            for name in REGISTERS:
                (tmp_path / f"{name}-2021.xlsx").write_bytes(parcel.read(forms[name]))
            blank = load_workbook(io.BytesIO(parcel.read(forms["award"]))).worksheets[0]
        assert blank.cell(FIRST_ROW, 2).value is None
        taken = {name: _load(office, name, tmp_path / f"{name}-2021.xlsx", later) for name in REGISTERS}
        assert taken == dict.fromkeys(REGISTERS, SubmissionState.ACCEPTED)
        assert {name: _facts(office, name, 2021, later) for name in REGISTERS} == known


def test_nothing_personal_is_ever_filled_in() -> None:
    """A form is filled in from an export, and an export has no column that says anything of a person."""
    for contract in CONTRACTS.values():
        personal = {
            column.header
            for column in contract.columns
            if column.privacy is not Privacy.NONE or column.type is ColumnType.PERSON
        }
        assert not personal & set(export_headers(contract))


class Received:
    """Keeps every message the SMTP server accepted."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        assert isinstance(envelope.content, bytes)
        self.messages.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def received() -> Iterator[tuple[Received, int]]:
    inbox = Received()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield inbox, port
    controller.stop()


PROGRAM = """
from flows.season import season_parcel
print("SENT", [season_parcel(2021, send) for send in (False, True, True)])
"""


@pytest.mark.xdist_group("office")
@pytest.mark.usefixtures("shared_prefect")
def test_each_partner_gets_one_mail(tmp_path: Path, partners: Path, received: tuple[Received, int]) -> None:
    inbox, port = received
    own = office_environment(
        tmp_path, PARTNERS_FOLDER=partners, USE_EXAMPLE_PARTNERS="false",
        SMTP_PORT=port, SMTP_HOST="127.0.0.1", SMTP_SECURITY="none",
    )  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=own, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert [line for line in run.stdout.splitlines() if line.startswith("SENT ")] == ["SENT [0, 2, 0]"]
    parcels = {code: f"2021年度台账填报包-{NAMES[code]}.zip" for code in ("hetian", "wuwei")}
    mails = {str(message["To"]): message for message in inbox.messages}
    assert len(inbox.messages) == 2
    assert {to: [part.get_filename() for part in mail.iter_attachments()] for to, mail in mails.items()} == {
        f"clerk@{code}.example": [name] for code, name in parcels.items()
    }
    with open_office(Settings(home=tmp_path)) as office, office.engine.connect() as connection:
        columns = (Dispatch.key, Dispatch.kind, Dispatch.recipients, Dispatch.subject, Dispatch.attachments)
        logged = [tuple(row) for row in connection.execute(select(*columns, Dispatch.outcome).order_by(Dispatch.key))]
    assert logged == [
        (f"parcel:{code}:2021", "parcel", [f"clerk@{code}.example"],
         f"【台账填报】{NAMES[code]}：2021 年度台账空白表", [name], "sent")
        for code, name in sorted(parcels.items())
    ]  # fmt: skip
    assert {str(mail["Subject"]) for mail in mails.values()} == {row[3] for row in logged}
