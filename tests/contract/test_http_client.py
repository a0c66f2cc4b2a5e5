"""The outcome of an HTTP exchange is classified once; credentials go nowhere else."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from orderbridge.platform.errors import (
    AuthenticationError,
    MalformedAnswer,
    NotFound,
    OrderbridgeError,
    PermanentError,
    Refused,
    ServerError,
    Throttled,
    TimedOut,
    UnknownOutcome,
    Unreachable,
    UpstreamError,
)
from orderbridge.vendors.http import DEFAULT_RETRY_AFTER, Call, HeaderAuth, HttpClient, checked_base_url
from testkit.clock import ManualClock
from tests.contract.canned import Canned, Reply, Script
from tests.contract.loopback import Loopback, nobody_listens

_KEY = "key-of-the-application-4711"
_AUTH = HeaderAuth({"X-Billbee-Api-Key": _KEY, "Authorization": "Basic c2VjcmV0"})
_READ = Call("op read", "GET", "/things", repeatable=True)
_ADD = Call("op add", "POST", "/things", repeatable=False, body={"name": "Zoë 🎁"})
BASE_URLS = (
    "https://api.billbee.io/api/v1", "http://127.0.0.1:8080/api", "http://localhost:1", "http://[::1]:80/x", "HTTPS://A.B",
)  # fmt: skip
_HTML = "<html><body>Service busy</body></html>"


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A real one, for what is said on the wire."""
    with Loopback() as running:
        yield running


@pytest.fixture
def vendor() -> Canned:
    """One in this process, for what becomes of an answer."""
    return Canned()


def _client(server: Canned | Loopback, clock: ManualClock | None = None, **options: Any) -> HttpClient:
    if isinstance(server, Canned):
        options["session"] = server.session
    return HttpClient(server.url, clock=clock or ManualClock(), **options)


def _error(server: Canned | Loopback, reply: Reply, call: Call = _READ, **options: Any) -> UpstreamError:
    server.answer_next(reply)
    with pytest.raises(UpstreamError) as caught:
        _client(server, **options).send(call, _AUTH)
    return caught.value


def test_an_answer_is_read_with_its_money_exact(vendor: Canned) -> None:
    vendor.answer_next(Reply(body='{"price": 0.10, "name": "Zoë"}'))
    answer = _client(vendor).send(_READ, _AUTH)
    assert (answer.status, answer.data) == (200, {"price": Decimal("0.10"), "name": "Zoë"})


def test_a_json_body_survives_with_every_character(server: Loopback) -> None:
    _client(server).send(_ADD, _AUTH)
    (received,) = server.received
    assert (received.method, received.path, received.json) == ("POST", "/api/things", {"name": "Zoë 🎁"})
    assert received.headers["X-Billbee-Api-Key"] == _KEY


def test_a_form_survives_with_every_character(server: Loopback) -> None:
    form = {"orders": json.dumps({"n": "Zoë & Söhne = 100 % + 🎁"}, ensure_ascii=False), "empty": ""}
    _client(server).send(Call("op", "POST", "/submit", repeatable=False, form=form), _AUTH)
    assert server.received[0].form == form
    assert server.received[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_parameter_may_be_repeated(server: Loopback) -> None:
    params = (("tag", "a b"), ("tag", "ü&="))
    _client(server).send(Call("op", "GET", "/things", repeatable=True, params=params), _AUTH)
    assert server.received[0].query == params


@pytest.mark.parametrize("reply", [Reply(204, b""), Reply(200, b""), Reply(200, b"  \r\n")])
def test_an_empty_answer_is_a_success_without_data(vendor: Canned, reply: Reply) -> None:
    vendor.answers[0] = reply
    assert _client(vendor).send(_ADD, _AUTH).data is None


@pytest.mark.parametrize("body", [_HTML, '{"Data": [', b"\xff\xfe\xfa", "{'a': 1}", "[" * 200_000])
def test_section_7_html_and_broken_json_with_status_200_are_retryable(vendor: Canned, body: str | bytes) -> None:
    assert type(_error(vendor, Reply(body=body))) is MalformedAnswer
    assert type(_error(vendor, Reply(body=body), _ADD)) is UnknownOutcome


@pytest.mark.parametrize(
    ("status", "kind", "unrepeatable"),
    [
        (400, Refused, Refused), (401, AuthenticationError, AuthenticationError),
        (403, AuthenticationError, AuthenticationError), (404, NotFound, NotFound), (405, Refused, Refused),
        (409, Refused, Refused), (410, NotFound, NotFound), (422, Refused, Refused), (429, Throttled, Throttled),
        (500, ServerError, UnknownOutcome), (502, ServerError, UnknownOutcome), (503, ServerError, UnknownOutcome),
        (504, ServerError, UnknownOutcome),
    ],
)  # fmt: skip
@pytest.mark.parametrize("body", [{"message": "no"}, _HTML, b""], ids=["json", "html", "empty"])
def test_section_7_each_status_has_its_kind(
    vendor: Canned, status: int, kind: type[Exception], unrepeatable: type[Exception], body: object
) -> None:
    if status in (404, 410):  # the sender of this does not know the order
        kind, unrepeatable = MalformedAnswer, UnknownOutcome
    error = _error(vendor, Reply(status, body))
    assert (type(error), error.status, error.operation) == (kind, status, "op read")
    assert type(_error(vendor, Reply(status, body), _ADD)) is unrepeatable


def test_section_7_a_time_out_that_the_server_reports_is_no_refusal(vendor: Canned) -> None:
    assert not isinstance(_error(vendor, Reply(408, _HTML)), PermanentError)
    assert type(_error(vendor, Reply(408, _HTML), _ADD)) is UnknownOutcome


_LOST: dict[str, Reply] = {
    "close": Reply(instead="close"), "reset": Reply(instead="reset"), "cut": Reply(body="x" * 5000, instead="cut"),
}  # fmt: skip


@pytest.mark.parametrize("reply", _LOST.values(), ids=_LOST)
def test_section_7_a_lost_connection_is_retryable_or_an_unknown_outcome(server: Loopback, reply: Reply) -> None:
    assert type(_error(server, reply)) is TimedOut
    assert type(_error(server, reply, _ADD)) is UnknownOutcome
    assert len(server.received) == 2


def test_section_7_no_answer_in_time_is_retryable_or_an_unknown_outcome(server: Loopback) -> None:
    """The server answers when the test is over: nothing races with the time-out."""
    assert type(_error(server, Reply(instead="hang"), timeout=(60, 0.01))) is TimedOut
    error = _error(server, Reply(instead="hang"), _ADD, timeout=(60, 0.01))
    assert isinstance(error, UnknownOutcome)
    assert error.may_still_land


@pytest.mark.parametrize(
    "reply", [Reply(502, _HTML), Reply(503, _HTML), Reply(504, _HTML), Reply(instead="close"), Reply(instead="reset")]
)
def test_r7_a_request_cut_off_on_its_way_may_still_land(vendor: Canned, reply: Reply) -> None:
    """A gateway that gives up does not stop the server behind it: asking at once and sending again doubles orders."""
    error = _error(vendor, reply, _ADD)
    assert isinstance(error, UnknownOutcome)
    assert error.may_still_land


def test_section_7_no_connection_means_that_nothing_was_sent() -> None:
    with nobody_listens() as url:
        for call in (_READ, _ADD):
            with pytest.raises(Unreachable):
                HttpClient(url, clock=ManualClock()).send(call, _AUTH)


@pytest.mark.parametrize(
    "reply",
    [*_LOST.values(), Reply(instead="hang"), Reply(429, b"later", {"Retry-After": "7"}), Reply(204, b"")],
    ids=lambda reply: reply.instead or str(reply.status),
)
def test_the_canned_vendor_fails_and_answers_as_a_real_server_does(
    server: Loopback, vendor: Canned, reply: Reply
) -> None:
    """Most tests of the clients rely on it."""

    def outcome(here: Script, session: requests.Session, url: str) -> tuple[object, ...]:
        here.answer_next(reply)
        try:
            patience = 0.01 if reply.instead == "hang" else 60
            answer = session.post(f"{url}/things?a=b", data={"c": "ü"}, timeout=(60, patience))
        except requests.RequestException as error:
            told: tuple[object, ...] = (type(error),)
        else:
            told = (answer.status_code, answer.content, answer.headers.get("Retry-After"))
        (received,) = here.received
        return (*told, received.method, received.path, received.query, received.form)

    with requests.Session() as session:
        assert outcome(vendor, vendor.session, vendor.url) == outcome(server, session, server.url)


class _Failing(requests.adapters.HTTPAdapter):
    def __init__(self, error: requests.RequestException) -> None:
        super().__init__()
        self._error = error

    def send(self, *args: object, **more: object) -> requests.Response:
        raise self._error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.ConnectTimeout("connect"), Unreachable),
        (requests.ReadTimeout("read"), UnknownOutcome),
        (requests.exceptions.SSLError("certificate"), UpstreamError),
        (requests.exceptions.ContentDecodingError("gzip"), UnknownOutcome),
        (requests.exceptions.ChunkedEncodingError("cut"), UnknownOutcome),
        (requests.RequestException("anything else"), UnknownOutcome),
    ],
)
def test_section_7_no_foreign_error_gets_through(error: requests.RequestException, kind: type[Exception]) -> None:
    session = requests.Session()
    session.mount("https://", _Failing(error))
    with pytest.raises(kind):
        HttpClient("https://api.example", clock=ManualClock(), session=session).send(_ADD, _AUTH)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, b"", 7),
        ({"Retry-After": "1.5"}, b"", 1.5),
        ({"X-Rate-Limit-Reset": "20"}, {"message": "Too Many Requests"}, 20),
        ({}, {"message": "Too Many Requests", "X-Rate-Limit-Reset": 21}, 21),
        ({"Retry-After": "7", "X-Rate-Limit-Reset": "20"}, b"", 7),
        ({"Retry-After": "soon", "X-Rate-Limit-Reset": "20"}, b"", 20),
        ({}, _HTML, DEFAULT_RETRY_AFTER),
        ({"Retry-After": "999999"}, b"", 900),
    ],
)
def test_section_6_a_429_says_how_long_to_wait(
    vendor: Canned, headers: dict[str, str], body: object, seconds: float
) -> None:
    error = _error(vendor, Reply(429, body, headers), _ADD)
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds


def test_section_6_retry_after_may_be_a_date(vendor: Canned) -> None:
    now = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)

    def wait(at: datetime) -> float:
        reply = Reply(429, b"", {"Retry-After": format_datetime(at, usegmt=True)})
        error = _error(vendor, reply, clock=ManualClock(now))
        assert isinstance(error, Throttled)
        return error.retry_after

    assert wait(now + timedelta(seconds=30)) == 30
    assert 0 < wait(now - timedelta(hours=1)) <= 1


@pytest.mark.parametrize("hint", ["", "-5", "nan", "inf", "0", "Mon, 99 Foo 2026"])
def test_section_6_a_senseless_retry_after_is_no_crash_and_no_busy_loop(vendor: Canned, hint: str) -> None:
    error = _error(vendor, Reply(429, b"", {"Retry-After": hint}))
    assert isinstance(error, Throttled)
    assert 0 < error.retry_after <= 900


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_with_the_credentials(server: Loopback, status: int) -> None:
    with Loopback() as other:
        error = _error(server, Reply(status, b"", {"Location": f"{other.url}/things"}))
        assert type(error) is MalformedAnswer
        assert other.received == []
    assert len(server.received) == 1


def test_the_vendors_words_are_kept_and_cut(vendor: Canned) -> None:
    assert "Order is locked" in str(_error(vendor, Reply(400, {"ErrorMessage": "Order\n is   locked", "ErrorCode": 5})))
    assert "no such; really" in str(_error(vendor, Reply(400, {"message": ["no such", "really"]})))
    assert len(str(_error(vendor, Reply(400, {"message": "x" * 5000})))) < 500
    assert "Service busy" not in str(_error(vendor, Reply(500, _HTML)))


@pytest.mark.parametrize("bad", [f"{_KEY}\n", f"{_KEY}\r\nX-Other: 1", f"{_KEY}€"])
def test_a_secret_that_cannot_be_sent_is_no_crash_and_is_not_shown(server: Loopback, bad: str) -> None:
    """Secrets put from a file often end with a line break."""
    with pytest.raises(OrderbridgeError) as caught:
        _client(server).send(_READ, HeaderAuth({"X-Billbee-Api-Key": bad}))
    assert _KEY not in "".join(traceback.format_exception(caught.value))
    assert server.received == []


def test_a_character_that_cannot_be_encoded_is_no_crash(server: Loopback) -> None:
    call = Call("op", "POST", "/submit", repeatable=False, form={"orders": "cut emoji \ud83d"})
    with pytest.raises(OrderbridgeError):
        _client(server).send(call, _AUTH)


def test_credentials_never_show() -> None:
    client = HttpClient("https://api.example", clock=ManualClock())
    assert not any(secret in f"{_AUTH!r} {_AUTH} {client!r}" for secret in (_KEY, "c2VjcmV0"))


def test_the_content_of_a_call_does_not_show() -> None:
    call = Call("op", "POST", "/submit", repeatable=False, body={"n": "Jane"}, form={"orders": "Doe"})
    assert not any(part in f"{call!r} {call}" for part in ("Jane", "Doe"))


@pytest.mark.parametrize("url", BASE_URLS)
def test_section_8_https_is_taken_and_plain_http_on_loopback(url: str) -> None:
    assert checked_base_url(f"{url}/") == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.billbee.io/api", "http://127.0.0.1.evil.example", "http://localhost.evil.example",
        "http://localhost@evil.example", "http://10.0.0.1", "ftp://localhost", "api.billbee.io", "", "https://", "file:///x",
    ],
)  # fmt: skip
def test_section_8_any_other_base_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        HttpClient(url, clock=ManualClock())


def test_each_call_is_counted_with_its_outcome(vendor: Canned) -> None:
    seen: list[str] = []
    client = _client(vendor, observe=lambda outcome, seconds: seen.append(outcome))
    vendor.answers.extend([Reply(429, b""), Reply(500, b"")])
    client.send(_READ, _AUTH)
    for _ in range(2):
        with pytest.raises(UpstreamError):
            client.send(_READ, _AUTH)
    assert seen == ["ok", "throttled", "failed"]
