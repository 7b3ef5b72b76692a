"""The season's parcels: to every partner the blank workbooks of what it owes for a year, once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from prefect import flow
from sqlalchemy import Connection

from flows.inputs import whole
from flows.office import Office, instant_or_now, open_office
from flows.run_state import done, name_run, told_in_one_sentence
from schemas.cells import CellValue
from schemas.contract import TimeBasis
from sources.partner import Partner
from tasks.feedback.parcel import owed_for, parcel_mail, write_parcel
from tasks.feedback.steps import send_mails
from tasks.mailing import Occasion
from warehouse.marts.export import LINEAGE_HEADERS, export_facts


@flow(name="season_parcel", flow_run_name="填报包", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def season_parcel(year: int, send: bool = True, at: datetime | None = None) -> int:
    """填报包：为每个单位生成某一年度应报台账的空白表（一个压缩包），并发送给联系人，每个单位每年度只发一次。

    Args:
        year: 台账所属的年度，如 2021。
        send: 是否发送邮件；不勾选时只生成文件，不发送。
        at: 把这一时刻当作现在；平时留空。
    """
    with open_office() as office:
        now = instant_or_now(at)
        folder = office.settings.outbox_folder / "parcels" / str(year)
        parcels = list(write_parcels(office, year, folder, now))
        mails = list(_mails(office, year, parcels)) if send else []
        sent = _send(office, mails, now) if mails else 0
        said = f"生成 {len(parcels)} 个单位的填报包，本次发出 {sent} 封"
        name_run(f"填报包 {year} 年度：{said}")
        return done(sent, said)


def write_parcels(office: Office, year: int, folder: Path, now: datetime) -> Iterator[tuple[Partner, Path]]:
    """Write the parcel of each partner that owes anything for the year, registers filled in with what is in force."""
    with office.engine.connect() as connection:
        known = _known_rows(office, connection, year, now)
    for partner in office.registry.partners.values():
        path = write_parcel(partner, year, office.contracts, known[partner.name], folder)
        if path:
            yield partner, path


def _known_rows(
    office: Office, connection: Connection, year: int, now: datetime
) -> dict[str, dict[str, list[dict[str, CellValue]]]]:
    """Name of a partner → contract → its rows in force. Only registers: they are sent whole every time. Never personal columns."""
    owed = {name for partner in office.registry.partners.values() for name, _ in owed_for(partner, year)}
    known: dict[str, dict[str, list[dict[str, CellValue]]]] = defaultdict(lambda: defaultdict(list))
    for name in sorted(owed):
        if office.contracts[name].time_basis is TimeBasis.REGISTER:
            for row in export_facts(connection, name, now, year - 1):
                approximate = {
                    header: f"约{value}"
                    for header, value in row.items()
                    if value is not None and row.get(f"{header}是约数")
                }
                known[str(row[LINEAGE_HEADERS[0]])][name].append({**row, **approximate})
    return known


def _mails(office: Office, year: int, parcels: list[tuple[Partner, Path]]) -> Iterator[Occasion]:
    for partner, path in parcels:
        mail = parcel_mail(partner, year, office.contracts, path)
        if mail:
            yield f"parcel:{partner.code}:{year}", partner.code, mail


def _send(office: Office, mails: list[Occasion], now: datetime) -> int:
    return send_mails(whole(office.engine), whole(office.settings.post_office), "parcel", whole(mails), now)
