"""Many deliveries in guarded workers: one bad file is one finding, and every other delivery comes back."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.contract import shipped_contracts
from schemas.values import Delivery, SubmissionState
from sources.registry import Registry, load_registry
from tasks.intake.reading import read_delivery
from tasks.intake.reading_workers import Guard, read_deliveries

HEADER = "受援单位,实训室名称,使用面积,设备总值,工位数,建成时间"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns"
MANIFEST = (
    f'<manifest:manifest xmlns:manifest="{NAMESPACE}:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/></manifest:manifest>'
)
BOMB = (
    f'<office:document-content xmlns:office="{NAMESPACE}:office:1.0" xmlns:table="{NAMESPACE}:table:1.0" '
    f'xmlns:text="{NAMESPACE}:text:1.0"><office:body><office:spreadsheet><table:table table:name="a">'
    '<table:table-row table:number-rows-repeated="1000000"><table:table-cell office:value-type="string" '
    'table:number-columns-repeated="20"><text:p>x</text:p></table:table-cell></table:table-row></table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    folder = tmp_path_factory.mktemp("partners")
    (folder / "wuwei.yaml").write_text("code: wuwei\nname: 武威职业学院\nkind: supported_school\n", encoding="utf-8")
    return load_registry(folder)


def _delivery(path: Path) -> Delivery:
    now = datetime(2022, 1, 5, tzinfo=UTC)
    return Delivery(
        path.stem, "wuwei", "folder", f"folder:wuwei/{path.name}", path.name, path.stat().st_size, now, path
    )


def _ledger(folder: Path, number: int) -> Delivery:
    path = folder / f"room{number}.csv"
    rows = "\n".join(f"武威职业学院,实训室{number}-{row},1,约2,3个,2021.3" for row in range(3))
    path.write_text(f"2021年实训室建设情况一览表\n{HEADER}\n{rows}\n", encoding="utf-8")
    return _delivery(path)


def _bomb(folder: Path) -> Delivery:
    path = folder / "bomb.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", ODS, zipfile.ZIP_STORED)
        package.writestr("META-INF/manifest.xml", MANIFEST)
        package.writestr("content.xml", BOMB)
    return _delivery(path)


def test_a_bomb_is_one_finding_and_the_others_are_read(tmp_path, registry):
    deliveries = [*(_ledger(tmp_path, number) for number in range(20)), _bomb(tmp_path), _ledger(tmp_path, 20)]
    guard = Guard(workers=2, memory_bytes=300 * 2**20, seconds=20)
    readings = {
        reading.delivery.sha256: reading
        for reading in read_deliveries(deliveries, shipped_contracts(), registry, b"secret", guard)
    }
    assert readings.keys() == {delivery.sha256 for delivery in deliveries}
    lost = readings.pop("bomb")
    assert (lost.state, lost.submissions, [finding.rule_id for finding in lost.findings]) == (
        SubmissionState.UNREADABLE,
        (),
        ["file.unreadable"],
    )
    assert "内存" in lost.findings[0].message
    assert {reading.state for reading in readings.values()} == {SubmissionState.RECEIVED}


def test_a_worker_reads_what_this_process_reads(tmp_path, registry):
    delivery = _ledger(tmp_path, 1)
    (reading,) = read_deliveries([delivery], shipped_contracts(), registry, b"secret", Guard(workers=1))
    (ours,) = read_delivery(delivery, shipped_contracts(), registry, b"secret").submissions
    (theirs,) = reading.submissions
    assert {name: list(column) for name, column in theirs.columns.items()} == {
        name: list(column) for name, column in ours.columns.items()
    }
    assert (theirs.rows.tolist(), theirs.layouts, theirs.period) == (ours.rows.tolist(), ours.layouts, ours.period)
    assert theirs.columns["equipment_cny"][0].is_approximate


def test_a_file_that_takes_too_long_is_given_up(tmp_path, registry):
    (reading,) = read_deliveries(
        [_bomb(tmp_path)], shipped_contracts(), registry, b"secret", Guard(workers=1, memory_bytes=2**33, seconds=0.2)
    )
    assert (reading.state, reading.findings[0].found) == (SubmissionState.UNREADABLE, "读取超时")


def test_nothing_to_read_starts_nothing(registry):
    empty: Iterator[Delivery] = iter(())
    assert list(read_deliveries(empty, shipped_contracts(), registry, b"secret")) == []
