"""The steps of a report as Prefect tasks."""

from __future__ import annotations

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.report.model import ReportModel
from tasks.report.renderings import render_all


@task(name="render", task_run_name="生成报告文件", cache_policy=NO_CACHE, persist_result=False)
def render_report(model: ReportModel, folder: Path) -> list[Path]:
    """Write docx, pdf, xlsx and html into the folder; returns their paths."""
    return render_all(model, folder)
