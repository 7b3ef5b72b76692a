"""Back-up as an operator runs it, or the schedule: everything that cannot be made again, into one folder; old ones go."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from flows.office import instant_or_now
from flows.run_state import done, name_run, told_in_one_sentence
from flows.settings import Settings, read_settings
from tasks.backup import BackUp, Belongings, back_up, drop_old


@flow(name="back-up", flow_run_name="备份", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def back_up_all(at: datetime | None = None) -> BackUp:
    """备份：把数据仓库、收到的全部原始文件、报告、密钥和本校的单位登记文件复制到备份文件夹；超出份数的旧备份自动删除。

    Args:
        at: 把这一时刻当作现在；平时留空。
    """
    settings = read_settings()
    now = instant_or_now(at)
    made = back_up(belongings_of(settings), settings.backup_folder, now)
    dropped = drop_old(settings.backup_folder, settings.backup_keep)
    name_run(f"备份 {now.astimezone(settings.zone):%Y-%m-%d %H:%M}")
    return done(
        made,
        f"已备份 {made.file_count} 个文件，共 {made.size_bytes / 2**20:.1f} MB（其中 {made.shared_count} 个与上次相同，不另占空间），"
        f"存放在 {made.folder}；删除旧备份 {len(dropped)} 份。",
    )


def belongings_of(settings: Settings) -> Belongings:
    """What the office of these settings owns. Settings themselves are left out: they hold passwords."""
    places = {
        "landing": settings.landing_folder,
        "reports": settings.reports_folder,
        "outbox": settings.outbox_folder,
        "hash.key": settings.hash_key_file,
        "partners": settings.partners_folder,
        "holidays": settings.holidays_folder,
    }
    return Belongings(settings.warehouse_url, {name: place for name, place in places.items() if place})
