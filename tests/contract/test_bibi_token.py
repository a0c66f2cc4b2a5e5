"""BiBi's 24-hour token: one per merchant, shared by its workers, renewed once when it is refused."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from orderbridge.ledger.order_number import OrderNumber
from orderbridge.platform.errors import AuthenticationError, RetryableError, Throttled
from orderbridge.vendors.bibi.warehouse import BibiWarehouse
from testkit.clock import ManualClock
from tests.contract.canned import Canned, Reply
from tests.contract.clients import (
    NOW,
    PUBLIC,
    SECRET,
    FakeCache,
    answers,
    bibi_client,
    credentials,
    refusal,
    success,
    token,
)

_EXPIRED = [
    Reply(403, {"success": False, "message": "Forbidden"}), Reply(401, b""), refusal("Forbidden", code=403),
    refusal("Unauthorized", code=401),
]  # fmt: skip


@pytest.fixture
def server() -> Canned:
    return Canned()


@pytest.fixture
def cache() -> FakeCache:
    return FakeCache()


def _ask(client: BibiWarehouse) -> None:
    assert client.order(OrderNumber("1001")) is None


def _pairs(server: Canned) -> list[str]:
    return [credentials(received) for received in server.received]


def test_the_first_call_gets_a_token_with_the_keys_and_uses_it(server: Canned, cache: FakeCache) -> None:
    answers(server, token(), success([]))
    client = bibi_client(server, cache=cache)
    _ask(client)
    _ask(client)
    assert _pairs(server) == [f"{PUBLIC}:{SECRET}", f"{PUBLIC}:token-1", f"{PUBLIC}:token-1"]
    assert server.received[0].path == "/api/"


def test_all_workers_of_a_merchant_share_one_token(server: Canned, cache: FakeCache) -> None:
    answers(server, token(), success([]))
    for _ in range(3):
        _ask(bibi_client(server, cache=cache))
    assert _pairs(server).count(f"{PUBLIC}:{SECRET}") == 1


@pytest.mark.parametrize("refused", _EXPIRED)
def test_a_refused_token_is_renewed_once_and_the_call_is_done(server: Canned, cache: FakeCache, refused: Reply) -> None:
    answers(server, token(), success([]), refused, token("token-2"), success([]))
    client = bibi_client(server, cache=cache)
    _ask(client)
    _ask(client)
    assert _pairs(server)[2:] == [f"{PUBLIC}:token-1", f"{PUBLIC}:{SECRET}", f"{PUBLIC}:token-2"]


def test_a_token_that_another_worker_renewed_is_taken_over(server: Canned, cache: FakeCache) -> None:
    first, second = bibi_client(server, cache=cache), bibi_client(server, cache=cache)
    answers(server, token(), success([]))
    _ask(first)
    _ask(second)
    answers(server, _EXPIRED[0], token("token-2"), success([]), _EXPIRED[0], success([]))
    _ask(second)
    _ask(first)
    assert _pairs(server)[-2:] == [f"{PUBLIC}:token-1", f"{PUBLIC}:token-2"]
    assert _pairs(server).count(f"{PUBLIC}:{SECRET}") == 2


def test_a_shared_token_that_is_refused_as_well_is_renewed(server: Canned, cache: FakeCache) -> None:
    first, second = bibi_client(server, cache=cache), bibi_client(server, cache=cache)
    answers(server, token(), success([]))
    _ask(first)
    _ask(second)
    answers(server, _EXPIRED[0], token("token-2"), success([]))
    _ask(second)
    answers(server, _EXPIRED[0], _EXPIRED[0], token("token-3"), success([]))
    _ask(first)
    assert _pairs(server)[-1] == f"{PUBLIC}:token-3"


def test_wrong_keys_are_permanent_and_not_asked_with_again_and_again(server: Canned, cache: FakeCache) -> None:
    answers(server, refusal("Invalid credentials."))
    with pytest.raises(AuthenticationError, match="Invalid credentials") as caught:
        bibi_client(server, cache=cache).order(OrderNumber("1001"))
    assert len(server.received) == 1
    assert cache.saved == []
    assert SECRET not in str(caught.value) + repr(caught.value)


def test_a_new_token_that_is_refused_ends_the_call(server: Canned, cache: FakeCache) -> None:
    answers(server, token(), _EXPIRED[0], token("token-2"), _EXPIRED[0])
    with pytest.raises(AuthenticationError):
        bibi_client(server, cache=cache).order(OrderNumber("1001"))
    assert len(server.received) <= 5


@pytest.mark.parametrize("reply", [Reply(500, b""), Reply(200, "<html>"), Reply(200, b""), Reply(instead="close")])
def test_trouble_while_getting_a_token_is_retryable(server: Canned, cache: FakeCache, reply: Reply) -> None:
    answers(server, reply)
    with pytest.raises(RetryableError):
        bibi_client(server, cache=cache).order(OrderNumber("1001"))
    answers(server, reply, token(), success([]))
    _ask(bibi_client(server, cache=cache))


@pytest.mark.parametrize("code", [429, 503])
def test_a_token_call_that_is_only_put_off_is_no_matter_of_credentials(
    server: Canned, cache: FakeCache, code: int
) -> None:
    answers(server, refusal("later", code=code))
    with pytest.raises(RetryableError) as caught:
        bibi_client(server, cache=cache).order(OrderNumber("1001"))
    assert isinstance(caught.value, Throttled) == (code == 429)


def test_an_answer_without_a_token_is_no_token(server: Canned, cache: FakeCache) -> None:
    answers(server, Reply(body={"success": True, "token": None}))
    with pytest.raises((AuthenticationError, RetryableError)):
        bibi_client(server, cache=cache).order(OrderNumber("1001"))
    assert cache.saved == []


def test_a_token_is_not_used_beyond_its_24_hours(server: Canned, cache: FakeCache) -> None:
    clock = ManualClock(NOW)
    client = bibi_client(server, cache=cache, clock=clock)
    answers(server, token(), success([]))
    _ask(client)
    clock.sleep(timedelta(hours=23, minutes=59).total_seconds())
    _ask(client)
    assert _pairs(server).count(f"{PUBLIC}:{SECRET}") == 1
    clock.sleep(120)
    answers(server, token("token-2"), success([]))
    _ask(client)
    assert _pairs(server)[-2:] == [f"{PUBLIC}:{SECRET}", f"{PUBLIC}:token-2"]


def test_a_token_of_other_keys_is_not_used(server: Canned, cache: FakeCache) -> None:
    answers(server, token(), success([]))
    _ask(bibi_client(server, cache=cache))
    assert cache.text is not None
    cache.text = json.dumps(json.loads(cache.text) | {"key": "of other keys"})
    answers(server, token("token-2"), success([]))
    _ask(bibi_client(server, cache=cache))
    assert _pairs(server)[-1] == f"{PUBLIC}:token-2"


@pytest.mark.parametrize(
    "text", ["", "nonsense", "{}", "[]", '{"value": "x", "issued_at": "2026-03-02T15:00:00", "key": "naive"}']
)
def test_a_cache_that_cannot_be_read_is_replaced(server: Canned, text: str) -> None:
    cache = FakeCache(text)
    answers(server, token(), success([]))
    _ask(bibi_client(server, cache=cache))
    assert len(cache.saved) == 1


def test_r7_a_submission_refused_for_its_token_was_not_processed_and_is_sent_with_a_new_one(
    server: Canned, cache: FakeCache
) -> None:
    answers(server, token(), _EXPIRED[0], token("token-2"), success())
    bibi_client(server, cache=cache).submit([])
    assert [received.path for received in server.received] == ["/api/", "/api/submitOrder"] * 2


def test_keys_and_token_do_not_show(server: Canned, cache: FakeCache) -> None:
    answers(server, token("token-4713"), success([]))
    client = bibi_client(server, cache=cache)
    _ask(client)
    source = client._api._tokens
    shown = f"{client!r} {source!r} {source.current()!r} {source.auth(source.current())!r}"
    assert not any(secret in shown for secret in (PUBLIC, SECRET, "token-4713"))
