"""Checks of every source's address, login and listing: for the command line and as a flow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from prefect import flow

from flows.artifacts import show_checks
from flows.fetching import read_prefect_secret
from flows.mailbox import office_mailbox
from flows.night import SOURCE_NAMES
from flows.office import Office, open_office
from flows.run_state import done, name_run, told_in_one_sentence
from schemas.errors import MisconfiguredError
from sources.connectors.address import MAILBOX, host_of, sent_by_mail
from sources.partner import Partner
from tasks.intake.fetch_check import SourceCheck, check_mailbox, check_partner
from tasks.intake.fetch_limits import HostLimits

AT_ONCE = 16
"""Sources checked at the same time."""


@flow(name="check-partners", flow_run_name="检查来源", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def check_partners(partner_codes: list[str] | None = None) -> list[SourceCheck]:
    """检查来源：逐个检查各单位存放处的地址、登录和目录，说明哪里不对、怎样改；不取回任何文件。

    Args:
        partner_codes: 只检查这些单位，每行填一个单位代码（如 hetian）；留空为全部单位和邮箱。
    """
    with open_office() as office:
        checks = check_sources(office, partner_codes)
    show_checks([check.line for check in checks])
    said = f"{len(checks)} 个来源，{sum(check.fault is not None for check in checks)} 个有问题"
    name_run(f"检查来源：{said}")
    return done(checks, said)


def check_sources(office: Office, codes: Sequence[str] | None = None) -> list[SourceCheck]:
    """The check of each source, those at fault first; the mailbox is one source, however many partners send to it.

    Raises:
        MisconfiguredError: there is no such partner, or it has no inbox.
    """
    partners = _partners(office, codes)
    hosts = HostLimits(office.settings.host_connections)
    patience = office.settings.fetch_limits.patience

    def check(partner: Partner) -> SourceCheck:
        with hosts.turn(host_of(partner)):
            return check_partner(partner, office.settings.inbox_folder, patience, read_prefect_secret)

    by_mail = [partner for partner in partners if sent_by_mail(partner)]
    jobs: list[Callable[[], SourceCheck]] = [partial(check, one) for one in partners if one not in by_mail]
    if by_mail or (office.settings.mailbox and not codes):
        jobs.append(
            lambda: check_mailbox(lambda: office_mailbox(office, read_prefect_secret), MAILBOX, SOURCE_NAMES[MAILBOX])
        )
    with ThreadPoolExecutor(AT_ONCE) as threads:
        checks = list(threads.map(lambda job: job(), jobs))
    return sorted(checks, key=lambda one: one.fault is None)


def _partners(office: Office, codes: Sequence[str] | None) -> list[Partner]:
    known = office.registry.partners
    for code in codes or ():
        if code not in known:
            raise MisconfiguredError(f"no partner {code!r}; known: {', '.join(known)}")
        if not known[code].inbox:
            raise MisconfiguredError(f"{code}.yaml: no inbox, so there is nothing to check")
    return [partner for partner in known.values() if partner.inbox and (not codes or partner.code in codes)]
