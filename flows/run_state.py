"""How a run shows itself on its page: named after what came of it, refused when it starts too late, failed in one sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar, cast

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.logging import get_run_logger
from prefect.states import Cancelled, Completed, Failed

from schemas.errors import MisconfiguredError, UnavailableError

P = ParamSpec("P")
R = TypeVar("R")

LATEST_START = timedelta(hours=6)
"""A night planned for two must not begin after eight, when partners and colleagues work on what it reads."""


class TooLateError(Exception):
    """A scheduled run begins so long after its time that it must not run; the text is Chinese, for its page."""


TOLD = (MisconfiguredError, UnavailableError, TooLateError)
"""What is told in one sentence; any other error is a defect of ours and keeps its traceback."""


def told_in_one_sentence(work: Callable[P, R]) -> Callable[P, R]:
    """A flow's function that ends a fault a person can mend with that sentence, not with a traceback.

    Called as a plain function the flow still raises the fault itself.
    """

    @wraps(work)
    def ended(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return work(*args, **kwargs)
        except TOLD as error:
            for name in ("prefect.flow_runs", "prefect.engine"):
                logging.getLogger(name).addFilter(_is_untold)
            ending = _ending(error)
            get_run_logger().log(logging.WARNING if ending.is_cancelled() else logging.ERROR, "%s", ending.message)
            return cast("R", ending)

    # Prefect looks the types of parameters up where `ended` stands, not where `work` does; so they are looked up here.
    ended.__signature__ = signature(work, eval_str=True)  # type: ignore[attr-defined]
    return ended


def _ending(error: MisconfiguredError | UnavailableError | TooLateError) -> State[object]:
    if isinstance(error, TooLateError):
        return Cancelled(message=str(error), data=error)
    if isinstance(error, MisconfiguredError):
        return Failed(message=f"设置有误，请管理员改正后重新运行：{error}", data=error)
    return Failed(message=f"暂时连接不上，恢复后请重新运行：{error}", data=error)


def _is_untold(record: logging.LogRecord) -> bool:
    """Prefect would log the traceback of the error that the state carries, twice, after the sentence that says it all."""
    return not (record.exc_info and isinstance(record.exc_info[1], TOLD))


def done(result: R, said: str) -> R:
    """The result of a flow with the sentence its page shows for it; a caller of the flow still gets the result alone."""
    return cast("R", Completed(message=said, data=result))


def name_run(name: str) -> None:
    """Give the run its name on the pages of the UI: in the list, it is all an operator sees."""
    context = FlowRunContext.get()
    if context and context.flow_run and isinstance(context.client, SyncPrefectClient):
        context.client.set_flow_run_name(context.flow_run.id, name)


def refuse_if_late(zone: tzinfo) -> None:
    """Stop a run that the schedule started and that missed its time by more than `LATEST_START`; `zone` is for the text.

    Late runs pile up while no worker runs, and all of them start when it comes back. Runs that a person starts, or starts
    again, are never refused.

    Raises:
        TooLateError: it is too late.
    """
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run and run.auto_scheduled and run.run_count <= 1 and run.expected_start_time:
        refusal = lateness(run.expected_start_time, datetime.now(UTC), zone)
        if refusal:
            name_run(f"夜间采集 {run.expected_start_time.astimezone(zone).date()}：错过开始时间，未运行")
            raise TooLateError(refusal)


def lateness(planned: datetime, now: datetime, zone: tzinfo) -> str:
    """Why a run planned for one instant must not begin at another, in Chinese and in the clock of `zone`; empty when it may."""
    if now - planned <= LATEST_START:
        return ""
    hours = LATEST_START // timedelta(hours=1)
    return (
        f"原定 {planned.astimezone(zone):%Y-%m-%d %H:%M} 开始，现在已是 {now.astimezone(zone):%Y-%m-%d %H:%M}，"
        f"迟了 {hours} 小时以上，本次不再运行；如需补跑，请手动运行一次。"
    )
