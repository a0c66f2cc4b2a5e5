"""What is fuzzed: each target takes a text, reads it in one way or several, and gives how each reading ended.

A reading ends with a result, or with an error that is raised on purpose. Any other error comes out of the target.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import requests
from pydantic import SecretStr

from cli.merchants_file import MerchantsFileError
from cli.merchants_file import load as load_merchants_file
from orderbridge.billing.invoice import differences, expected, in_words
from orderbridge.jobs import dead_letters, messages
from orderbridge.jobs.start_jobs import parse_job
from orderbridge.ledger.order import Order, OrderLine
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.pricing import Component
from orderbridge.ledger.tags import Tags
from orderbridge.merchants.registry import MerchantListing
from orderbridge.merchants.settings import parse_settings
from orderbridge.orders.shipping_order import ImportRules, build, find_problems
from orderbridge.orders.webhook import Doorbell, Ring, Unauthorized
from orderbridge.platform.errors import OrderbridgeError
from orderbridge.platform.texts import masked
from orderbridge.products.products import content_hash, find_product_problems, to_warehouse
from orderbridge.returns.return_label import UnusableLabel
from orderbridge.tracking.carriers import Carrier
from orderbridge.vendors.abillify.client import AbillifyClient
from orderbridge.vendors.bibi.mapping import to_sent_order, to_sent_product
from orderbridge.vendors.bibi.warehouse import BibiWarehouse
from orderbridge.vendors.billbee.client import BillbeeClient
from orderbridge.vendors.billbee.mapping import to_order, to_products
from orderbridge.vendors.http import HttpClient, checked_base_url, read_json, retry_after
from testkit.clock import ManualClock
from tests.contract.clients import FakeBudget, FakeCache, bibi_client, billbee_client

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
SOLD = Order(
    id=4711,
    read_at=NOW,
    currency="EUR",
    total=Decimal("23.80"),
    lines=(OrderLine(sku="MUG-01", quantity=Decimal(2), price=Decimal("23.80"), tax=Decimal("3.80")),),
)
RULES = ImportRules(tags=Tags("bibi"), number_is_billbee_id=False, send_buyer_message=True)


RESULT = "a result"


class Endings(list[str]):
    """How readings ended: with `RESULT`, or the name of an error."""

    @contextlib.contextmanager
    def reading(self, *named: type[Exception]) -> Iterator[None]:
        """One reading. ``named``: errors that are raised on purpose besides the layer's own."""
        on_purpose: tuple[type[Exception], ...] = (OrderbridgeError, *named)
        ending, said = RESULT, RESULT
        try:
            yield
        except on_purpose as error:
            ending, said = type(error).__name__, str(error)
        assert 0 < len(said) < 2000
        self.append(ending)


def settings(text: str) -> Endings:
    """Settings, and the clients that are made from them."""
    endings = Endings()
    with endings.reading():
        found = parse_settings("acme", text)
        BillbeeClient(
            HttpClient("https://api.example", clock=ManualClock()),
            api_key=SecretStr("key"),
            username=found.billbee.username,
            password=SecretStr("password"),
            calls_per_second=found.billbee.requests_per_second,
            clock=ManualClock(),
        )
        assert 0.1 <= found.billbee.requests_per_second <= 2
        assert found.stock.buffer < 10**38  # what the table's numbers hold
    return endings


class _File:
    """A file that holds a text, as far as it is read."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read_text(self, encoding: str) -> str:
        return self._text.encode(encoding, "surrogatepass").decode(encoding)

    def __str__(self) -> str:
        return "merchants.json"


def merchants_file(text: str) -> Endings:
    endings = Endings()
    with endings.reading(MerchantsFileError):
        load_merchants_file(cast("Path", _File(text)))
    return endings


def schedule(text: str) -> Endings:
    """A schedule's input, which is always an object."""
    endings = Endings()
    with endings.reading():
        if _is_object(text):
            job = parse_job(json.loads(text))
            job.message("acme", "1", NOW)
    return endings


KINDS: tuple[type[messages.Message], ...] = (
    messages.PollOrders, messages.PushOrder, messages.PullTracking, messages.PullReturns, messages.SyncStock,
    messages.SyncProducts, messages.SendDigest, messages.CheckBilling, messages.PullMovements,
)  # fmt: skip


def message(text: str) -> Endings:
    """A queue's message, read as each kind; what is accepted can be sorted, sent again and put into the table."""
    endings = Endings()
    for kind in KINDS:
        with endings.reading():
            found = messages.parse(kind, text)
            assert len(found.deduplication_id) < 400
            assert found.merchant
            messages.parse(kind, found.body())
            if isinstance(found, messages.JobMessage):
                assert (found.asked_at - NOW).total_seconds() is not None
                assert (found.asked_at.astimezone(UTC) - timedelta(days=1)).year >= 1999
            if isinstance(found, messages.PushOrder):
                assert len(f"{found.billbee_id:020d}") <= 20
                found.fitting()
    return endings


def dead_letter(text: str) -> Endings:
    attributes = {"SentTimestamp": "1795348800000", "ApproximateReceiveCount": "20", "MessageGroupId": "acme"}
    endings = Endings()
    with endings.reading():
        shown = dead_letters._letter("push-orders", {"Body": text, "Attributes": attributes, "MessageId": "1"})
        assert isinstance(shown.job, str)
    return endings


def webhook(text: str) -> Endings:
    """A ring's body, headers and token, none of which is genuine."""
    sent: list[Any] = []
    listing = MerchantListing({"acme": "{}"}, None)
    door = Doorbell(
        lambda _: listing, lambda _: SecretStr("the-secret-that-nobody-guesses-0815"), sent.extend, ManualClock()
    )
    headers = {"ms-signature": text[:200], "x-billbee-signature": text[-200:]}
    endings = Endings()
    with endings.reading():
        door.ring(Ring("acme", text.encode("utf-8", "surrogatepass"), headers, text), "1")
    with endings.reading(Unauthorized):
        door.ring(Ring(text, b"", {}, None), "1")
    assert sent == []
    return endings


def hints(text: str) -> Endings:
    """What stands in headers and URLs."""
    endings = Endings()
    with endings.reading():
        assert 0.5 <= retry_after({"Retry-After": text}, {"X-Rate-Limit-Reset": text}, NOW) <= 900
        with contextlib.suppress(ValueError):
            assert checked_base_url(text).lower().startswith(("https://", "http://"))
        assert len(masked(text)) <= len(text)
    return endings


def billbee_order(text: str) -> Endings:
    """An order of Billbee's, from the wire to the form for the warehouse, and through the queue."""
    endings = Endings()
    with endings.reading():
        if (order := to_order(_decimals(text), NOW)) is not None:
            _passed_on(order)
    return endings


def _passed_on(order: Order) -> None:
    assert len(f"{order.id:020d}") <= 20
    order.content_hash(("bibi",))
    sent = messages.PushOrder(
        merchant="acme", correlation_id="1", billbee_id=order.id, version=1, order=order
    ).fitting()
    again = messages.parse(messages.PushOrder, sent.body())
    assert again.order is None or again.order.content_hash() == order.content_hash()
    _prepared(order)


def _prepared(order: Order) -> None:
    components = {place: (Component("MUG-01", Decimal(2)),) for place, line in enumerate(order.lines) if line.is_bundle}
    found = find_problems(order, components, RULES)
    assert all(problem.text for problem in found)
    if not found:
        shipping = build(order, components, RULES, ship_method="24", today=NOW.date())
        json.dumps(to_sent_order(shipping, "WEB").wire(), ensure_ascii=False)


def billbee_product(text: str) -> Endings:
    endings = Endings()
    with endings.reading():
        for product in to_products([_decimals(text)]):
            find_product_problems(product)
            content_hash(product, "de")
            json.dumps(to_sent_product(to_warehouse(product, "en", with_dimensions=True)))
    return endings


class Canned(requests.Session):
    """Answers everything with one text."""

    def __init__(self, text: str, status: int = 200) -> None:
        super().__init__()
        self._text, self._status = text, status

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        response = requests.Response()
        response.status_code = self._status
        response._content = self._text.encode("utf-8", "surrogatepass")
        response.headers["Date"] = self._text[:40]
        return response


class _Budget(FakeBudget):
    """There is always room."""

    def take(self) -> None:
        pass

    def learn(self, remaining: int, reset_seconds: float) -> None:
        assert abs(remaining) < 10**13
        assert abs(reset_seconds) < 10**13


BILLBEE_CALLS: tuple[Callable[[BillbeeClient], Any], ...] = (
    lambda it: it.orders(page=1),
    lambda it: it.order(1),
    lambda it: it.order_by_number("A-1"),
    lambda it: it.add_tags(1, "bibi"),
    lambda it: it.set_state(1, 4),
    lambda it: it.add_message(1, "text"),
    lambda it: it.add_shipment(1, "1Z", Carrier(), ""),
    lambda it: it.components(1, "MUG-01"),
    lambda it: it.carriers(),
    lambda it: it.shipping_providers(),
    lambda it: it.products(1),
    lambda it: it.product(1),
    lambda it: it.stock_levels(1, 0),
    lambda it: it.stocks(),
    lambda it: it.update_stock({"MUG-01": 3, "TEE-01": 0}, 0),
    lambda it: it.webhooks(),
    lambda it: it.webhook_filters(),
    lambda it: it.add_webhook("https://a.example", SecretStr("x" * 32), ["order.created"], "orderbridge"),
)


BIBI_CALLS: tuple[Callable[[BibiWarehouse], Any], ...] = (
    lambda it: it.order(OrderNumber("1")),
    lambda it: it.orders_since(NOW),
    lambda it: it.submit([]),
    lambda it: it.cancel(OrderNumber("1")),
    lambda it: it.toggle_hold(OrderNumber("1")),
    lambda it: it.returns(NOW, NOW),
    BibiWarehouse.ship_methods,
    BibiWarehouse.pay_methods,
    BibiWarehouse.product_statuses,
    lambda it: it.products(1),
    lambda it: it.product("MUG-01"),
    lambda it: it.upsert_products([]),
    lambda it: it.return_label(OrderNumber("1")),
    lambda it: it.shipments(OrderNumber("1")),
)


def billbee_answer(text: str, status: int = 200) -> Endings:
    """An answer of Billbee's, to every call there is."""
    endings, client = Endings(), billbee_client(_http(text, status))
    for call in BILLBEE_CALLS:
        with endings.reading():
            call(client)
    return endings


def bibi_answer(text: str, status: int = 200) -> Endings:
    """An answer of the warehouse's, to every call there is, with a token in hand."""
    client = _bibi(text, status, None)
    client._api._tokens._shared = lambda: None  # type: ignore[method-assign]
    token = {"value": "token-in-hand", "issued_at": NOW.isoformat(), "key": client._api._tokens._fingerprint()}
    endings = Endings()
    for one in (client, _bibi(text, status, json.dumps(token))):
        for call in BIBI_CALLS:
            with endings.reading(UnusableLabel):
                call(one)
    return endings


def abillify_answer(text: str, status: int = 200) -> Endings:
    """An answer of Abillify's, to both calls; what can be read is compared and told."""
    client = AbillifyClient(
        _http(text, status),
        username=SecretStr("user"),
        password=SecretStr("password-of-acme"),
        clock=ManualClock(),
    )
    endings = Endings()
    with endings.reading():
        if (invoice := client.order("4711")) is not None:
            found = differences(expected(SOLD, {"MUG-01": 2}), invoice)
            assert len(in_words(found)) + len(in_words(found, "de")) < 5000
    with endings.reading():
        client.cancel("4711", NOW)
    return endings


def token_cache(text: str) -> Endings:
    """What stands in the parameter that workers share their token by."""
    endings = Endings()
    with endings.reading():
        _bibi('{"success": true, "token": "abc", "result": []}', 200, text).order(OrderNumber("1"))
    return endings


def _bibi(text: str, status: int, cached: str | None) -> BibiWarehouse:
    return bibi_client(_http(text, status), budget=_Budget(), cache=FakeCache(cached), clock=ManualClock(NOW))


def _http(text: str, status: int) -> HttpClient:
    return HttpClient("https://api.example", clock=ManualClock(), session=Canned(text, status))


def _decimals(text: str) -> Any:
    """As the clients read an answer; None where that is no JSON."""
    try:
        return read_json(text)
    except (ValueError, RecursionError):
        return None


def _is_object(text: str) -> bool:
    return isinstance(_decimals(text), dict)


TARGETS: dict[str, Callable[[str], Endings]] = {
    target.__name__: target
    for target in (
        settings, merchants_file, schedule, message, dead_letter, webhook, hints, billbee_order, billbee_product,
        billbee_answer, bibi_answer, abillify_answer, token_cache,
    )
}  # fmt: skip
READINGS = dict.fromkeys(TARGETS, 1) | {
    "message": len(KINDS), "webhook": 2,
    "billbee_answer": len(BILLBEE_CALLS), "bibi_answer": 2 * len(BIBI_CALLS), "abillify_answer": 2,
}  # fmt: skip
"""How many readings of a text each target makes."""
