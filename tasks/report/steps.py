"""The steps of a report as Prefect tasks: measure and compose in one read of the warehouse, then the renderings."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from sqlalchemy import Engine

from tasks.report.compose import compose_year
from tasks.report.measure import Measured, measure_year
from tasks.report.model import ReportModel
from tasks.report.renderings import render_all


@task(name="measure", task_run_name="测算 {year} 年", cache_policy=NO_CACHE, persist_result=False)
def measure_report(engine: Engine, year: int, as_of: date, known_at: datetime) -> Measured:
    """Measure the year: every figure, every line and task of the plan, the funds."""
    return measure_year(engine, year, as_of, known_at)


@task(name="compose", task_run_name="编写报告", cache_policy=NO_CACHE, persist_result=False)
def compose_report_model(engine: Engine, measured: Measured, school: str) -> ReportModel:
    """Compose the one report model that all renderings print."""
    return compose_year(engine, measured, school)


@task(name="render", task_run_name="生成文件", cache_policy=NO_CACHE, persist_result=False)
def render_report(model: ReportModel, folder: Path) -> list[Path]:
    """Write docx, pdf, xlsx and html below the folder; returns their paths."""
    return render_all(model, folder)
