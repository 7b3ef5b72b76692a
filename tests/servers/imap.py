"""A real IMAP server for tests: Dovecot on loopback with a configuration, mailboxes and a certificate of its own."""

from __future__ import annotations

import getpass
import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

INSTALL = "Dovecot (dovecot, imap) not found; run scripts/install_system_packages.sh"
USER, PASSWORD = "office@college.example", "秘密-授权码"

_CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
auth_failure_delay = 0
auth_mechanisms = plain login
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={mail_user} gid={mail_group} home={folder}/home/%u
}}
"""


@dataclass(frozen=True, slots=True)
class ImapServer:
    """A running Dovecot with one user. `ca_file` holds the authority that signed its certificate."""

    folder: Path
    tls_port: int
    plain_port: int
    ca_file: Path

    @property
    def address(self) -> str:
        """The address of the user's inbox, over TLS."""
        return f"imaps://{USER}@localhost:{self.tls_port}/INBOX"

    def append(self, messages: Iterable[bytes], folder: str = "INBOX", arrived: datetime | None = None) -> None:
        """Delivers messages (raw bytes) into the user's mailbox in one session, as arrived at an instant (default: now)."""
        with self.session() as session:
            for message in messages:
                answer, said = session.append(
                    folder, "", imaplib.Time2Internaldate(arrived or datetime.now(UTC)), message
                )
                assert answer == "OK", said

    @contextmanager
    def session(self) -> Iterator[imaplib.IMAP4]:
        """A session of the user's own mail program, to look at the mailbox or change it."""
        session = imaplib.IMAP4("127.0.0.1", self.plain_port, timeout=30)
        try:
            session.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            yield session
        finally:
            session.logout()

    def commands(self) -> str:
        """What Dovecot logged."""
        return (self.folder / "log").read_text(errors="replace")


@contextmanager
def run_imap_server(*, expired: bool = False) -> Iterator[ImapServer]:
    """Starts Dovecot and throws it away afterwards; `expired` gives it a certificate that ran out yesterday.

    Without Dovecot the test is skipped, and fails where CI is set: a mailbox that nobody tested must not look tested.
    """
    program = _program()
    # Not pytest's own folder: a socket path may have 107 characters, and root's folders are closed to the server's user.
    folder = Path(tempfile.mkdtemp(prefix="doublehigh-imap-", dir="/tmp"))
    try:
        server = ImapServer(folder, _free_port(), _free_port(), _certify(folder, expired))
        _configure(server)
        process = subprocess.Popen([program, "-F", "-c", folder / "dovecot.conf"], stdin=subprocess.DEVNULL)
        try:
            _wait_until_ready(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program() -> str:
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")
    missing = INSTALL if program is None else _misfit(program)
    if not missing:
        return str(program)
    if os.environ.get("CI"):
        pytest.fail(f"CI must test the mailbox too: {missing}")
    pytest.skip(f"MAILBOX NOT TESTED: {missing}")


def _misfit(program: str) -> str | None:
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    return (
        None if version.startswith("2.3.") else f"the tests know how to configure Dovecot 2.3, found {version.strip()}"
    )


def _certify(folder: Path, expired: bool) -> Path:
    authority = trustme.CA()
    ends = datetime.now(UTC) - timedelta(days=1) if expired else None
    certificate = authority.issue_cert("localhost", "127.0.0.1", not_after=ends)
    (folder / "server.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(folder / "server.key"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return folder / "ca.pem"


def _configure(server: ImapServer) -> None:
    """Root lets Dovecot's own users do the work, as installed; anyone else runs all of it as himself."""
    me, mine = getpass.getuser(), grp.getgrgid(os.getegid()).gr_name
    is_root = os.geteuid() == 0
    internal, login = ("dovecot", "dovenull") if is_root else (me, me)
    group = grp.getgrgid(pwd.getpwnam(internal).pw_gid).gr_name if is_root else mine
    configuration = _CONFIGURATION.format(
        folder=server.folder, internal=internal, login=login, group=group, plain_port=server.plain_port,
        tls_port=server.tls_port, mail_user=internal, mail_group=group,
    )  # fmt: skip
    (server.folder / "dovecot.conf").write_text(configuration)
    (server.folder / "users").write_text(f"{USER}:{PASSWORD}\n", encoding="utf-8")
    for name in ("mail", "home"):
        (server.folder / name).mkdir()
        if is_root:
            shutil.chown(server.folder / name, internal, group)
    server.folder.chmod(0o755)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_until_ready(server: ImapServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", server.tls_port), timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"Dovecot did not start:\n{server.commands() if (server.folder / 'log').exists() else '(no log)'}")
