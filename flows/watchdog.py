"""The watchdog: apart from Prefect, which cannot tell that it is down, it mails when the last good night is too old."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from flows.settings import Settings
from schemas.errors import MisconfiguredError, UnavailableError
from tasks.mail import Mail, send_mail
from warehouse.engine import open_engine
from warehouse.marts.nights import last_good_night

_SUBJECT = "【夜间采集】已有一段时间没有正常完成，请检查"


@dataclass(frozen=True, slots=True)
class Watch:
    """What was seen: a Chinese sentence, whether it calls for somebody, and whether a mail went out now."""

    said: str
    is_alarming: bool
    has_mailed: bool = False


def watch(settings: Settings, now: datetime) -> Watch:
    """Look when the last night came to its good end; mail the operators when that is too long ago, once a day.

    Raises:
        MisconfiguredError: there is an alarm and no operator's address is set.
        OSError: the mail server cannot be reached.
    """
    seen = look(settings, now)
    today = now.astimezone(settings.zone).date()
    if not seen.is_alarming or _is_told(settings, today):
        return seen
    if not settings.operators:
        raise MisconfiguredError(f"{seen.said} (nobody to tell: set DOUBLEHIGH_OPERATORS)")
    send_mail(Mail(tuple(settings.operators), _SUBJECT, _letter(settings, seen)), settings.post_office, now)
    _note(settings).parent.mkdir(parents=True, exist_ok=True)
    _note(settings).write_text(today.isoformat(), encoding="ascii")
    return Watch(seen.said, is_alarming=True, has_mailed=True)


def look(settings: Settings, now: datetime) -> Watch:
    """What `watch` sees, without telling anybody."""
    longest = timedelta(hours=settings.watchdog_hours)
    shown = _clock(settings)
    try:
        engine = open_engine(settings.warehouse_url)
        try:
            with engine.connect() as connection:
                last = last_good_night(connection)
        finally:
            engine.dispose()
    except (UnavailableError, MisconfiguredError) as error:
        return Watch(f"数据仓库打不开：{error}", is_alarming=True)
    if last is None:
        return Watch("还没有一次夜间采集正常完成。", is_alarming=True)
    if now - last > longest:
        return Watch(
            f"最近一次正常完成的夜间采集开始于 {shown(last)}，距今已超过 {settings.watchdog_hours} 小时。",
            is_alarming=True,
        )
    return Watch(f"最近一次正常完成的夜间采集开始于 {shown(last)}。", is_alarming=False)


def _clock(settings: Settings) -> Callable[[datetime], str]:
    return lambda instant: f"{instant.astimezone(settings.zone):%Y-%m-%d %H:%M}"


def _letter(settings: Settings, seen: Watch) -> str:
    return (
        f"{seen.said}\n\n"
        "已接收的数据不受影响，报告照旧可以生成；但各单位新报送的文件没有读取，也没有答复。\n\n"
        "请管理员依次查看：\n"
        "1. Prefect 服务器和工作进程（worker）是否在运行：服务 doublehigh-server、doublehigh-worker，或重新执行 make up；\n"
        "2. 网页 Runs 里最近几次“夜间采集”的状态和红色 ERROR 一行；\n"
        "3. 数据库和磁盘空间是否正常。\n"
        "恢复后手动运行一次“nightly”，重复运行不会重复入库，也不会重复发信。\n\n"
        f"本邮件由看门程序发出，每天最多一封（{settings.college_name}“双高计划”台账系统）。"
    )


def _is_told(settings: Settings, today: date) -> bool:
    note = _note(settings)
    return note.exists() and note.read_text(encoding="ascii").strip() == today.isoformat()


def _note(settings: Settings) -> Path:
    return settings.home / "run" / "watchdog"
