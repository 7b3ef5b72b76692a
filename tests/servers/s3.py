"""An S3-compatible store on loopback: moto behind cheroot, keys, signatures and rights checked, with TLS where asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter
from moto import settings
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends

BUCKET = "ledgers"
READ = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}],
    }
)
Application = Callable[..., Iterable[bytes]]


@dataclass
class S3Server:
    """The running store. `reader` may read, `outsider` is known and may not: (access key, secret key)."""

    port: int
    asked: list[str] = field(default_factory=list)
    signed: list[bool] = field(default_factory=list)
    reader: tuple[str, str] = ("", "")
    outsider: tuple[str, str] = ("", "")
    scheme: str = "http"

    @property
    def endpoint(self) -> str:
        """Where clients connect."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def put(self, key: str, content: bytes = b"12", **told: str) -> None:
        """Stores an object."""
        with without_rights():
            _client("s3", self.endpoint).put_object(Bucket=BUCKET, Key=key, Body=content, **told)

    def put_many(self, keys: Iterable[str]) -> None:
        """Stores empty objects, past the wire: thousands of requests would take longer than what is tested."""
        backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        for key in keys:
            backend.put_object(BUCKET, key, b"")

    def delete(self, key: str) -> None:
        """Takes an object away."""
        with without_rights():
            _client("s3", self.endpoint).delete_object(Bucket=BUCKET, Key=key)

    def clear(self) -> None:
        """Takes every object away."""
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[BUCKET].keys.clear()
        self.asked.clear()
        self.signed.clear()


@contextmanager
def without_rights() -> Iterator[None]:
    """The store asks nobody for rights: for what a test prepares, and for a public bucket."""
    before, settings.INITIAL_NO_AUTH_ACTION_COUNT = settings.INITIAL_NO_AUTH_ACTION_COUNT, float("inf")
    try:
        yield
    finally:
        settings.INITIAL_NO_AUTH_ACTION_COUNT = before


def _client(service: str, endpoint: str) -> Any:
    session = botocore.session.Session(profile=None)
    return session.create_client(
        service, endpoint_url=endpoint, region_name="us-east-1", verify=False,
        aws_access_key_id="owner", aws_secret_access_key="owner",  # noqa: S106
    )  # fmt: skip


def _counted(server: S3Server, app: Application) -> Application:
    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        server.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}")
        server.signed.append("HTTP_AUTHORIZATION" in environ)
        # The path as it was signed: cheroot calls it REQUEST_URI, moto looks for RAW_URI, and takes the decoded one without it.
        environ["RAW_URI"] = environ["REQUEST_URI"]
        return app(environ, start_response)

    return answer


def _add_user(endpoint: str, name: str, policy: str | None) -> tuple[str, str]:
    iam = _client("iam", endpoint)
    iam.create_user(UserName=name)
    if policy:
        iam.put_user_policy(UserName=name, PolicyName="read", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


@contextmanager
def s3_server(certificate: Path | None = None) -> Iterator[S3Server]:
    """Runs a store with the bucket `ledgers` on threads of its own; nobody without rights reads it."""
    server = S3Server(0)
    listener = wsgi.Server(("127.0.0.1", 0), None, numthreads=4)
    listener.wsgi_app = _counted(server, DomainDispatcherApplication(create_backend_app))
    listener.error_log = lambda *_, **__: (
        None
    )  # a client that does not believe our certificate is what the test is about
    if certificate is not None:
        listener.ssl_adapter, server.scheme = BuiltinSSLAdapter(str(certificate), str(certificate)), "https"
    listener.prepare()
    server.port = listener.bind_addr[1]
    thread = threading.Thread(target=listener.serve, daemon=True)
    thread.start()
    before = settings.INITIAL_NO_AUTH_ACTION_COUNT
    try:
        if certificate is None:
            moto_api_backend.reset()  # the store is the process's own: users of an earlier module would still be there
            _client("s3", server.endpoint).create_bucket(Bucket=BUCKET)
            server.reader = _add_user(server.endpoint, "reader", READ)
            server.outsider = _add_user(server.endpoint, "outsider", None)
        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
        yield server
    finally:
        settings.INITIAL_NO_AUTH_ACTION_COUNT = before
        listener.stop()
        thread.join(10)
