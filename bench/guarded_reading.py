"""Bench, our reading: every file opened in guarded workers, recognised and conformed, and its readings brought home.

Run by bench.reading: python -m bench.guarded_reading MANIFEST PARTNERS PROCESSES
"""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.contender import Stopwatch, tell
from bench.manifest import read_manifest
from schemas.contract import shipped_contracts
from schemas.values import Delivery
from sources.registry import load_registry
from tasks.intake.reading_workers import Guard, prepare_workers, read_deliveries


def main() -> None:
    """Read all, keep none: what a night keeps is not what reading costs."""
    manifest, partners, processes = read_manifest(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    registry, contracts = load_registry(partners), shipped_contracts()
    deliveries = [_delivery(Path(file["path"])) for file in manifest["files"]]
    stopwatch, rows = Stopwatch(), 0
    with stopwatch.stage("start"):
        prepare_workers(is_awaited=True)
    with stopwatch.stage("read"):
        for reading in read_deliveries(deliveries, contracts, registry, b"bench", Guard(workers=processes)):
            rows += sum(map(len, reading.submissions))
    tell(stopwatch, files=len(deliveries), rows=rows)


def _delivery(path: Path) -> Delivery:
    name = hashlib.sha256(path.name.encode()).hexdigest()
    return Delivery(
        sha256=name, partner_code=path.parent.name, channel="folder", address=f"folder:{path.parent.name}/{path.name}",
        file_name=path.name, size_bytes=path.stat().st_size, seen_at=datetime.now(UTC), path=path,
    )  # fmt: skip


if __name__ == "__main__":
    main()
