"""Certificates for servers on loopback: a good one, an expired one, one for another host, one nobody vouches for."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """Files in PEM: who vouches, and one chain with its key for each case."""

    authority: Path
    good: Path
    expired: Path
    other_host: Path
    stranger: Path


def write_certificates(folder: Path) -> Certificates:
    """Writes all of them into `folder`; `stranger` is vouched for by an authority that `authority` is not."""
    ours, strange = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(str(folder / "authority.pem"))
    issued = {
        "good": ours.issue_cert("127.0.0.1", "localhost"),
        "expired": ours.issue_cert(
            "127.0.0.1",
            "localhost",
            not_before=datetime(2019, 1, 1, tzinfo=UTC),
            not_after=datetime(2020, 1, 1, tzinfo=UTC),
        ),
        "other_host": ours.issue_cert("files.example.org"),
        "stranger": strange.issue_cert("127.0.0.1", "localhost"),
    }
    for name, certificate in issued.items():
        certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / f"{name}.pem"))
    return Certificates(folder / "authority.pem", *(folder / f"{name}.pem" for name in issued))


def server_context(certificate: Path) -> ssl.SSLContext:
    """What a server needs to show the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
