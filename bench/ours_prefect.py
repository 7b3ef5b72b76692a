"""Bench, our night as Prefect runs it: the `collect` flow against a server, then the same again with nothing new.

Run by bench.night: python -m bench.ours_prefect   (settings in the environment: DOUBLEHIGH_…, PREFECT_API_URL)
"""

from __future__ import annotations

from bench.contender import Stopwatch, tell


def main() -> None:
    """Two nights; the second shows what a night costs that finds nothing."""
    stopwatch = Stopwatch()
    with stopwatch.stage("import Prefect and the flow"):
        from flows.collect import collect  # noqa: PLC0415 (timed)
    with stopwatch.stage("night"):
        first = collect()
    with stopwatch.stage("night with nothing new"):
        second = collect()
    for stage, seconds in first.seconds.items():
        stopwatch.seconds[f"night: {stage}"] = seconds
    tell(
        stopwatch, files=first.delivery_count, rows=first.rows_loaded, held=first.rows_held,
        unchanged_in_second=second.unchanged_count, files_in_second=second.delivery_count,
    )  # fmt: skip


if __name__ == "__main__":
    main()
