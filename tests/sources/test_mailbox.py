"""The office's mailbox against a real Dovecot: what is listed, whose it is, what comes out, and every way it fails."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sources.connectors.connector import (
    Access,
    AccessRefusedError,
    BrokenOffError,
    FileNotFetchedError,
    InboxUnreachableError,
    Patience,
)
from sources.connectors.mailbox import Mailbox, MailFile
from sources.correspondents import CONTRADICTORY, NOBODY, SEVERAL, correspondents_of
from sources.partner import Contact, Partner, PartnerKind
from tests.servers.faulty_line import FaultyLine, faulty_line
from tests.servers.imap import PASSWORD, USER, ImapServer, run_imap_server
from tests.sources.mails import CLERK, WORKBOOK, attached, forwarded, mail, mixed, text

COLLEAGUE = "colleague@college.example"
SENT_AT = datetime(2021, 9, 1, tzinfo=UTC)


def _partner(code: str, name: str, *emails: str, **told: object) -> Partner:
    contacts = tuple(Contact(role="填报岗", email=email) for email in emails)
    usual = {"kind": PartnerKind.SUPPORTED_SCHOOL, "inbox": f"mailbox:{code}", "contacts": contacts}
    return Partner(code=code, name=name, **{**usual, **told})


CORRESPONDENTS = correspondents_of(
    [
        _partner("hetian", "和田职业技术学院", CLERK, mail_senders=("Second@Hetian.example",)),
        _partner("luxi", "泸西职业高级中学", "clerk@luxi.example", "both@example.org", inbox="mailbox:LX2021"),
        _partner("shiping", "石屏职业高级中学", "both@example.org"),
    ],
    office_senders=[COLLEAGUE],
    own_address="双高办 <Receipts@college.example>",
)


@pytest.fixture(scope="module")
def server() -> Iterator[ImapServer]:
    with run_imap_server() as server:
        yield server


@pytest.fixture
def folder(server: ImapServer, request: pytest.FixtureRequest) -> str:
    """A folder of the test's own in the one mailbox."""
    name = "".join(filter(str.isalnum, request.node.name))[:60].encode("ascii", "ignore").decode()
    with server.session() as session:
        session.create(name)
    return name


@pytest.fixture
def open_box(server: ImapServer, folder: str) -> Iterator[Callable[..., Mailbox]]:
    """Opens the test's folder, over a line of its own where a port is told."""
    opened: list[Mailbox] = []

    def open_it(port: int = 0, scheme: str = "imaps", **told: object) -> Mailbox:
        address = f"{scheme}://{USER}@localhost:{port or server.tls_port}/{folder}"
        access = told.pop("access", Access(password=PASSWORD, ca_file=server.ca_file))
        patience = told.pop("patience", Patience(5, 5))
        opened.append(Mailbox(address, access, patience, CORRESPONDENTS, **told))  # type: ignore[arg-type]
        return opened[-1]

    yield open_it
    for box in opened:
        box.close()


@pytest.fixture
def list_mails(server: ImapServer, folder: str, open_box: Callable[..., Mailbox]) -> Callable[..., list[MailFile]]:
    """Delivers the messages, then lists the folder."""

    def deliver_and_list(*messages: bytes) -> list[MailFile]:
        server.append(messages, folder)
        return list(open_box().list_all())

    return deliver_and_list


def bytes_of(box: Mailbox, file: MailFile) -> bytes:
    sink = io.BytesIO()
    box.fetch(file.remote, sink)
    return sink.getvalue()


GB = "2021年台账".encode("gb18030")
NAMES: dict[str, tuple[str | bytes, str]] = {
    "plain": ('filename="ledger.xlsx"', "ledger.xlsx"),
    "RFC 2231": ("filename*=UTF-8''2021%E5%B9%B4%E5%8F%B0%E8%B4%A6.xlsx", "2021年台账.xlsx"),
    "RFC 2231 continued, GB18030": (
        "filename*0*=gb18030''2021%C4%EA;\r\n filename*1*=%CC%A8%D5%CB;\r\n filename*2=.xlsx", "2021年台账.xlsx",
    ),
    "RFC 2231 cut within a character": ("filename*0*=gbk''2021%C4%EA%CC;\r\n filename*1*=%A8%D5%CB.xlsx", "2021年台账.xlsx"),
    "RFC 2047 in a parameter": ('filename="=?GB18030?B?MjAyMcTqzKjVyy54bHN4?="', "2021年台账.xlsx"),
    "RFC 2047 cut within a character": ('filename="=?gb2312?Q?2021=C4=EA=CC?=\r\n =?gb2312?Q?=A8=D5=CB.xlsx?="', "2021年台账.xlsx"),
    "raw GB18030": (b'filename="' + GB + b'.xlsx"', "2021年台账.xlsx"),
    "raw UTF-8": ('filename="2021年台账.xlsx"', "2021年台账.xlsx"),
    "unknown charset": ("filename*=x-nonsense''2021%C4%EA%CC%A8%D5%CB.xlsx", "2021年台账.xlsx"),
    "a codec that is no charset": ('filename="=?base64?B?MjAyMcTqzKjVyy54bHN4?="', "2021年台账.xlsx"),
    "garbage in an encoded word": ('filename="=?UTF-8?B?!!!?=.xlsx"', "附件.xlsx"),
    "a whole path": ('filename="C:\\\\work\\\\ledger.xlsx"', "ledger.xlsx"),
    "climbing out": ('filename="../../etc/ledger.xlsx"', "ledger.xlsx"),
    "quoted quotes": ('filename="the \\"new\\" ledger.xlsx"', 'the "new" ledger.xlsx'),
    "no name": ("size=1", "附件-2.bin"),
}  # fmt: skip


@pytest.mark.parametrize(("headers", "name"), NAMES.values(), ids=NAMES)
def test_file_names(headers: str | bytes, name: str, list_mails: Callable[..., list[MailFile]]) -> None:
    (file,) = list_mails(mail(attached(headers)))
    assert file.remote.name == name


def test_a_file_is_listed_with_its_mail_and_comes_out_whole(
    list_mails: Callable[..., list[MailFile]], open_box: Callable[..., Mailbox]
) -> None:
    data = bytes(range(256)) * 9000  # more than two pieces
    (file,) = list_mails(mail(attached('filename="a.xlsx"', data), sender=f"=?gb18030?B?1cXI/Q==?= <{CLERK.upper()}>"))
    remote = file.remote
    validity, uid, path = remote.address.removeprefix("mailbox:").split("/")
    assert (validity.isdigit(), uid, path) == (True, "1", "2")
    assert (remote.sender, remote.message_id, remote.subject) == (CLERK, "<1@hetian.example>", "report")
    assert (remote.modified_at, remote.size_bytes, file.partner_codes, file.reason) == (SENT_AT, None, ("hetian",), "")
    box = open_box()
    assert bytes_of(box, file) == data, "a session that did not list the mail can fetch it"
    assert list(open_box().list_all()) == [file], "the same from night to night"


def test_what_is_a_file_and_what_is_not(list_mails: Callable[..., list[MailFile]]) -> None:
    picture = b"Content-Type: image/png; name=logo.png\r\nContent-ID: <logo>\r\nContent-Disposition: inline\r\n\r\nx"
    letter = mixed([text(), b"Content-Type: text/html\r\n\r\n<p>hello</p>"], "alt", "alternative")
    signature = b'Content-Type: application/pgp-signature; name="s.asc"\r\n\r\nx'
    inline = b'Content-Type: application/vnd.ms-excel; name="inline.xls"\r\nContent-Disposition: inline\r\n\r\nx'
    files = list_mails(mail(
        mixed([letter, picture], "rel", "related"), attached('filename="a.zip"'), attached('filename="proof.pdf"'), signature, inline,
        attached('filename="photo.jpg"', kind="image/jpeg"), attached('filename="list.csv"', kind="text/plain"),
        attached('filename="winmail.dat"', kind="application/ms-tnef"), attached('filename="~$lock.xlsx"'),
    ))  # fmt: skip
    names = ["a.zip", "proof.pdf", "inline.xls", "photo.jpg", "list.csv", "winmail.dat"]
    assert [file.remote.name for file in files] == names


def test_forwarded_mails_are_opened_and_belong_to_who_wrote_them(
    list_mails: Callable[..., list[MailFile]], open_box: Callable[..., Mailbox]
) -> None:
    inner = mail(attached('filename="inner.xlsx"'), sender="clerk@luxi.example", number=7)
    deeper = mail(forwarded(mail(forwarded(inner), number=8)), attached('filename="outer.xlsx"'), sender=COLLEAGUE)
    files = list_mails(deeper)
    assert [(file.remote.name, file.partner_codes) for file in files] == [("inner.xlsx", ("luxi",)), ("outer.xlsx", ())]
    assert bytes_of(open_box(), files[0]) == WORKBOOK
    assert files[0].remote.sender == COLLEAGUE, "the answer goes to who wrote to us"


def test_a_single_part_forwarded_and_a_mail_that_is_nothing_but_a_file(
    list_mails: Callable[..., list[MailFile]], open_box: Callable[..., Mailbox]
) -> None:
    bare = f"From: {CLERK}\r\nMIME-Version: 1.0\r\n".encode() + attached('filename="bare.xlsx"')
    files = list_mails(bare, mail(forwarded(bare), sender=COLLEAGUE))
    assert [file.partner_codes for file in files] == [("hetian",), ("hetian",)]
    assert [bytes_of(open_box(), file) for file in files] == [WORKBOOK, WORKBOOK]


@pytest.mark.parametrize("words", [
    "请查收\r\n-----原始邮件-----\r\n发件人：\"张\" <clerk@luxi.example>\r\n".encode(),
    b"FYI\r\n> From: Clerk <clerk@luxi.example>\r\n> To: office@college.example\r\n",
], ids=["Chinese", "quoted"])  # fmt: skip
def test_a_forwarded_text_names_the_sender(words: bytes, list_mails: Callable[..., list[MailFile]]) -> None:
    (file,) = list_mails(
        mail(text(words), attached('filename="a.xlsx"'), sender=COLLEAGUE).replace(b"hello\r\n", words)
    )
    assert file.partner_codes == ("luxi",)


CLAIMS = {
    "contact": (CLERK, "x", ("hetian",), ""),
    "another address of theirs": ("SECOND@hetian.example", "x", ("hetian",), ""),
    "code as a tag": ("clerk@qq.example", "Re: [hetian] report", ("hetian",), ""),
    "tag of the inbox": ("clerk@qq.example", "【lx2021】报送", ("luxi",), ""),
    "name as a tag": ("clerk@qq.example", "【和田职业技术学院】报送", ("hetian",), ""),
    "forwarded under a tag": (COLLEAGUE, "[hetian] fwd", ("hetian",), ""),
    "address of two, tag of one": ("both@example.org", "[luxi]", ("luxi",), ""),
    "stranger": ("clerk@qq.example", "hetian", (), NOBODY),
    "no sender": ("nobody", "[unknown]", (), NOBODY),
    "address of two": ("both@example.org", "x", ("luxi", "shiping"), SEVERAL),
    "tag of another": (CLERK, "[luxi]", ("luxi", "hetian"), CONTRADICTORY),
    "two tags": ("clerk@qq.example", "[luxi][hetian]", ("luxi", "hetian"), CONTRADICTORY),
}


@pytest.mark.parametrize(("sender", "subject", "codes", "reason"), CLAIMS.values(), ids=CLAIMS)
def test_whose_a_mail_is(
    sender: str, subject: str, codes: tuple[str, ...], reason: str, list_mails: Callable[..., list[MailFile]]
) -> None:
    (file,) = list_mails(mail(attached('filename="a.xlsx"'), sender=sender, subject=subject))
    assert (file.partner_codes, file.reason) == (codes, reason)


def test_what_programs_send_is_passed_over(list_mails: Callable[..., list[MailFile]]) -> None:
    workbook, picture = attached('filename="a.xlsx"'), attached('filename="a.pdf"')
    automatic = "Auto-Submitted: auto-replied\r\n"
    bounce = mixed([text(), forwarded(mail(workbook))], "r", 'report; report-type="delivery-status')
    files = list_mails(
        mail(picture, sender="MAILER-DAEMON@hetian.example"),
        mail(picture, extra=automatic),
        mail(workbook, extra=automatic, sender="receipts@college.example"),
        b"From: mailer-daemon@hetian.example\r\nMIME-Version: 1.0\r\n" + bounce,
        mail(workbook, extra=automatic, number=5),
    )
    assert [file.remote.message_id for file in files] == ["<5@hetian.example>"]


def test_a_mail_without_a_file_is_told_to_the_log(
    list_mails: Callable[..., list[MailFile]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sources")
    assert list_mails(mail()) == []
    assert caplog.messages == ["mailbox: message 1 has no file"]


BROKEN = {
    "no end": (mail(attached('filename="a.xlsx"')).rpartition(b"--b1--")[0], WORKBOOK),
    "garbage in base64": (mail(attached('filename="a.xlsx"').replace(b"AAEC", b"A*A\xffEC")), WORKBOOK),
    "no padding": (mail(attached('filename="a.xlsx"', b"PK\x03\x04.").replace(b"=", b"")), b"PK\x03\x04."),
    "quoted-printable": (
        mail(b'Content-Type: text/csv; name="a.csv"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=3Db,=\r\nc'), b"a=b,c",
    ),
    "empty": (mail(attached('filename="a.xlsx"', b"")), b""),
    "unknown encoding": (
        mail(b'Content-Type: text/csv; name="a.csv"\r\nContent-Transfer-Encoding: x-other\r\n\r\na,b'), b"a,b",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("message", "data"), BROKEN.values(), ids=BROKEN)
def test_broken_mails_give_what_is_in_them(
    message: bytes, data: bytes, list_mails: Callable[..., list[MailFile]], open_box: Callable[..., Mailbox]
) -> None:
    (file,) = list_mails(message)
    assert bytes_of(open_box(), file) == data


@pytest.mark.parametrize("message", [
    b"", b"\r\n", b"From: \xff\xfe\r\nSubject: =?x?y?z?=\r\nDate: never\r\nMessage-ID: <a b>\r\n\r\n",
    b"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n----\r\n", b"Content-Type: ((((((\"\r\n\r\nx",
    mail(forwarded(b"")), mail(*[forwarded(b"") for _ in range(40)]),
], ids=["empty", "no header", "nonsense", "no boundary", "parentheses", "empty inside", "many empty"])  # fmt: skip
def test_nonsense_hides_nothing_that_comes_after_it(message: bytes, list_mails: Callable[..., list[MailFile]]) -> None:
    files = list_mails(*([message] if message else []), mail(attached('filename="a.xlsx"'), number=2))
    assert files[-1].remote.message_id == "<2@hetian.example>"


def test_mails_within_mails_without_end_are_given_up_on(list_mails: Callable[..., list[MailFile]]) -> None:
    message = mail(attached('filename="deep.xlsx"'))
    for _ in range(60):
        message = mail(forwarded(message))
    assert list_mails(message, mail(attached('filename="a.xlsx"'), number=2))[-1].remote.name == "a.xlsx"


@pytest.mark.parametrize(("date", "at"), [
    ("Wed, 01 Sep 2021 08:00:00 +0800", SENT_AT), ("Tue, 01 Jan 2099 00:00:00 +0000", None), ("never", None),
    ("Thu, 01 Jan 1970 00:00:00 +0000", None),
], ids=["told", "a clock ahead", "unreadable", "a clock never set"])  # fmt: skip
def test_when_it_was_sent(
    date: str, at: datetime | None, server: ImapServer, folder: str, open_box: Callable[..., Mailbox]
) -> None:
    arrived = datetime(2021, 9, 3, 12, tzinfo=UTC)
    server.append([mail(attached('filename="a.xlsx"'), date=date)], folder, arrived)
    (file,) = open_box().list_all()
    assert file.remote.modified_at == (at or arrived)


def test_only_mails_since_a_day_are_listed(server: ImapServer, folder: str, open_box: Callable[..., Mailbox]) -> None:
    for number, arrived in enumerate([datetime(2021, 9, day, 12, tzinfo=UTC) for day in (1, 5)], start=1):
        server.append([mail(attached('filename="a.xlsx"'), number=number)], folder, arrived)
    (file,) = open_box(since=datetime(2021, 9, 4, tzinfo=UTC)).list_all()
    assert file.remote.message_id == "<2@hetian.example>"


def test_nothing_in_the_mailbox_is_changed(
    list_mails: Callable[..., list[MailFile]], open_box: Callable[..., Mailbox], server: ImapServer, folder: str
) -> None:
    (file,) = list_mails(mail(attached('filename="a.xlsx"')))
    bytes_of(open_box(), file)
    with server.session() as session:
        session.select(folder, readonly=True)
        assert session.uid("SEARCH", "UNSEEN")[1] == [b"1"]


def test_five_thousand_mails_are_listed_without_their_bytes(
    server: ImapServer, folder: str, open_box: Callable[..., Mailbox]
) -> None:
    server.append((mail(attached('filename="a.xlsx"'), number=number) for number in range(500)), folder)
    with server.session() as session:
        session.select(folder)
        for _ in range(9):
            session.copy("1:500", folder)
    with faulty_line(server.tls_port) as line:
        files = list(open_box(line.port).list_all())
    assert [file.remote.message_id for file in files] == [f"<{number % 500}@hetian.example>" for number in range(5000)]
    assert len({file.remote.address for file in files}) == 5000
    assert line.answered_bytes < 5000 * 900


def test_what_is_too_large_is_refused_before_a_byte_is_fetched(
    list_mails: Callable[..., list[MailFile]], open_box: Callable[..., Mailbox], server: ImapServer
) -> None:
    (file,) = list_mails(mail(attached('filename="a.xlsx"', bytes(3_000_000))))
    with faulty_line(server.tls_port) as line:
        box = open_box(line.port, max_bytes=1_000_000)
        with pytest.raises(FileNotFetchedError, match=r"附件过大（约 3 MB，上限 1 MB），未接收"):
            bytes_of(box, file)
    assert line.answered_bytes < 20_000


def test_a_deleted_mail_is_said_to_be_gone(
    list_mails: Callable[..., list[MailFile]], open_box: Callable[..., Mailbox], server: ImapServer, folder: str
) -> None:
    (file,) = list_mails(mail(attached('filename="a.xlsx"')))
    with server.session() as session:
        session.select(folder)
        session.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
        session.expunge()
    with pytest.raises(FileNotFetchedError, match="邮件或附件已被删除"):
        bytes_of(open_box(), file)


def test_a_line_cut_in_mid_file_breaks_off_and_holds_the_next_time(
    list_mails: Callable[..., list[MailFile]], open_box: Callable[..., Mailbox], server: ImapServer
) -> None:
    data = bytes(range(256)) * 8000
    (file,) = list_mails(mail(attached('filename="a.xlsx"', data)))
    with faulty_line(server.tls_port) as line:
        line.cut_after = 1_500_000
        box = open_box(line.port)
        with pytest.raises(BrokenOffError, match="邮件附件没有取完"):
            bytes_of(box, file)
        line.reset()
        assert bytes_of(box, file) == data


def _faulty(line: FaultyLine, fault: str) -> int:
    line.silent = fault == "silent"
    line.cut_after = {"cut": 6000}.get(fault)
    line.stall_after = {"stall": 6000}.get(fault)
    return line.port


@pytest.mark.parametrize(("fault", "said"), [
    ("silent", "服务器没有在规定时间内应答"), ("stall", "服务器没有在规定时间内应答"), ("cut", "连接中断|连接出错|TLS"),
])  # fmt: skip
def test_a_bad_line_is_told_in_one_sentence(
    fault: str, said: str, server: ImapServer, open_box: Callable[..., Mailbox], folder: str
) -> None:
    server.append([mail(attached('filename="a.xlsx"')) for _ in range(100)], folder)
    with faulty_line(server.tls_port) as line:
        box = open_box(_faulty(line, fault), patience=Patience(0.5, 0.5))
        with pytest.raises(InboxUnreachableError, match=rf"^邮箱 localhost .*({said})[^\n]*$"):
            list(box.list_all())


def test_wrong_password_folder_and_certificate_are_told_apart(
    server: ImapServer, open_box: Callable[..., Mailbox], tmp_path: Path
) -> None:
    wrong = PASSWORD[::-1]
    with pytest.raises(AccessRefusedError, match="用户名或密码不对") as refused:
        list(open_box(access=Access(password=wrong, ca_file=server.ca_file)).list_all())
    assert wrong not in str(refused.value)
    with pytest.raises(AccessRefusedError, match=r"签发机构不可信|自建机构"):
        list(open_box(access=Access(password=PASSWORD)).list_all())
    access = Access(password=PASSWORD, ca_file=server.ca_file)
    elsewhere = Mailbox(server.address.replace("INBOX", "nowhere"), access, Patience(), CORRESPONDENTS)
    with elsewhere, pytest.raises(AccessRefusedError, match="没有文件夹“nowhere”"):
        list(elsewhere.list_all())


def test_an_expired_certificate_is_refused() -> None:
    with run_imap_server(expired=True) as server:
        box = Mailbox(server.address, Access(password=PASSWORD, ca_file=server.ca_file), Patience(5, 5), CORRESPONDENTS)
        with box, pytest.raises(AccessRefusedError, match="证书已过期"):
            list(box.list_all())


def test_a_port_where_nobody_listens(server: ImapServer, open_box: Callable[..., Mailbox]) -> None:
    with pytest.raises(InboxUnreachableError, match="服务器拒绝连接"):
        list(open_box(1).list_all())


def test_starttls_is_used_where_the_server_has_it(
    server: ImapServer, folder: str, open_box: Callable[..., Mailbox]
) -> None:
    server.append([mail(attached('filename="a.xlsx"'))], folder)
    assert len(list(open_box(server.plain_port, "imap").list_all())) == 1
    with pytest.raises(AccessRefusedError, match="证书"):
        list(open_box(server.plain_port, "imap", access=Access(password=PASSWORD)).list_all())


@pytest.mark.parametrize(
    "address", ["mail.example", "pop3://a@mail.example", "imaps://mail.example/INBOX", "imaps://a@h:x/"]
)
def test_an_address_that_cannot_be_followed(address: str) -> None:
    with pytest.raises(InboxUnreachableError, match="邮箱地址设置有误"):
        Mailbox(address, Access(), Patience(), CORRESPONDENTS)


def test_a_rebuilt_mailbox_gives_no_wrong_file(
    list_mails: Callable[..., list[MailFile]], open_box: Callable[..., Mailbox], server: ImapServer, folder: str
) -> None:
    (file,) = list_mails(mail(attached('filename="a.xlsx"')))
    with server.session() as session:
        session.delete(folder)
        session.create(folder)
    server.append([mail(attached('filename="other.xlsx"', b"other"))], folder, SENT_AT + timedelta(days=1))
    with pytest.raises(FileNotFetchedError, match="邮箱已重建"):
        bytes_of(open_box(), file)
