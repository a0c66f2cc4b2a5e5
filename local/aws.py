"""AWS on loopback: moto's server, made safe for callers that really run at the same time.

moto keeps its state in plain lists and dictionaries. Two calls at once can lose an SQS message (a delete
rebuilds the list that a send appends to) or let two conditional writes both win. AWS does neither, so one call
is served at a time.
"""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import boto3
import moto.core.utils as moto_utils
import requests
from botocore.config import Config
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.models import dynamodb_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sqs.models import Queue, sqs_backends
from werkzeug.serving import BaseWSGIServer, make_server

from local.clock import WALL_CLOCK, ScaledClock
from local.loopback import is_foreign

REGION = "eu-central-1"
ACCOUNT = "123456789012"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_SESSION_TOKEN": "local"}


class _QuietHandler(MotoRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """No line per AWS call, because that would hide the functions' logs."""


class _OneAtATime:
    """Also keeps browsers' pages off: moto lets every site read its answers, and merchants' passwords are in it."""

    def __init__(self, app: WSGIApplication, lock: threading.Lock) -> None:
        self._app = app
        self._lock = lock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if is_foreign(environ):
            start_response("403 Forbidden", [("Content-Length", "0")])
            return []
        with self._lock:
            return list(self._app(environ, start_response))


def _in_flight_groups(queue: Queue) -> set[str]:
    """Groups with a message in flight.

    moto also counts messages that became visible again, and so hands out the second message of a group before the
    first when a whole batch comes back at once.
    """
    return {
        message.group_id for message in queue.pending_messages if message.group_id is not None and not message.visible
    }


_guess_value = ResponseSerializer.get_value


def _get_value(serializer: ResponseSerializer, value: Any, key: str, shape: Any) -> Any:
    """A member of what moto answers.

    moto looks for it under several names. A value of DynamoDB has one of ten members, and looking for the other nine
    was a third of all that moto does here.
    """
    if type(value) is dict and getattr(shape.parent, "name", "") == "AttributeValue":
        return value.get(key)
    return _guess_value(serializer, value, key, shape)


def _time_of_moto(clock: ScaledClock) -> SimpleNamespace:
    """Replaces the module `datetime` in moto's utilities, which give the time to SQS, S3 and DynamoDB."""

    class Moment(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return clock.now().astimezone(tz)

    return SimpleNamespace(datetime=Moment)


class Aws:
    """moto's server on a free loopback port, and clients for it. A context manager; it begins empty.

    Visibility, delays, deduplication and the times of files follow `clock`.

    moto keeps one state for the whole process, so only one may be open at a time.
    """

    endpoint: str
    _open = threading.Lock()

    def __init__(self, clock: ScaledClock = WALL_CLOCK) -> None:
        self._clock = clock
        self._lock = threading.Lock()

    def __enter__(self) -> Aws:
        if not self._open.acquire(blocking=False):
            raise RuntimeError("this process has an AWS already")
        Queue.pending_message_groups = property(_in_flight_groups)  # type: ignore[assignment]
        ResponseSerializer.get_value = _get_value  # type: ignore[method-assign, assignment]
        moto_utils.datetime = _time_of_moto(self._clock)  # type: ignore[assignment, attr-defined]
        app = _OneAtATime(DomainDispatcherApplication(create_backend_app), self._lock)
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_QuietHandler)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="moto", daemon=True)
        self._thread.start()
        self._session = boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=CREDENTIALS["AWS_SESSION_TOKEN"],
            region_name=REGION,
        )
        self._reset()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        moto_utils.datetime = dt  # type: ignore[attr-defined]
        self._open.release()

    def _reset(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.post(f"{self.endpoint}/moto-api/reset", timeout=30).raise_for_status()

    def client(self, service: str) -> Any:
        """A boto3 client for `service`; safe to share between threads. It uses none of the machine's proxies."""
        config = Config(proxies={}, max_pool_connections=32, retries={"mode": "standard", "total_max_attempts": 2})
        return self._session.client(service, endpoint_url=self.endpoint, config=config)  # type: ignore[call-overload]

    def depths(self, queue_names: Iterable[str]) -> dict[str, int]:
        """How many messages each queue has at this moment: visible, in flight and delayed.

        Read from moto's own state, as `has_work` does: a call over HTTP costs a hundred times as much, and both are
        asked again and again.
        """
        with self._lock:
            return {name: len(self._queue(name)._messages) for name in queue_names}  # noqa: SLF001

    def count(self, queue_name: str, wanted: Callable[[str, int], bool]) -> int:
        """How many messages of a queue are wanted, by their group and how often they were received."""
        with self._lock:
            messages = self._queue(queue_name)._messages  # noqa: SLF001
            return sum(wanted(one.group_id or "", one.approximate_receive_count) for one in messages)

    def has_work(self, queue_name: str) -> bool:
        """Whether a message could be received now. One whose group has a message in flight could not."""
        with self._lock:
            queue = self._queue(queue_name)
            in_flight = _in_flight_groups(queue)
            return any(message.group_id not in in_flight for message in queue.messages)

    def written(self, table: str) -> int:
        """How many changes of a table its stream has had."""
        with self._lock:
            shard = dynamodb_backends[ACCOUNT][REGION].get_table(table).stream_shard
            return 0 if shard is None else len(shard.items)

    @staticmethod
    def _queue(name: str) -> Queue:
        return sqs_backends[ACCOUNT][REGION].queues[name]

    @property
    def session(self) -> boto3.Session:
        return self._session

    def environment(self) -> dict[str, str]:
        """The environment with which the AWS SDK of a process uses only this server."""
        return {
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
