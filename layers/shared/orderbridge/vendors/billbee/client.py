"""Billbee's API for one merchant (https://app.billbee.io/swagger): calls, pages, and what its answers mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from pydantic import SecretStr, ValidationError

from orderbridge.ledger.order import OrderPage
from orderbridge.ledger.pricing import Component
from orderbridge.platform.clock import Clock
from orderbridge.platform.defects import report
from orderbridge.platform.errors import MalformedAnswer, NotFound, Refused, UnknownOutcome
from orderbridge.products.products import ProductPage
from orderbridge.stock.figures import StockPage
from orderbridge.vendors.billbee.envelope import raise_complaint, to_error
from orderbridge.vendors.billbee.mapping import (
    is_known,
    to_carriers,
    to_order,
    to_products,
    to_providers,
    to_stock_answers,
    to_stock_levels,
    to_stocks,
    to_webhooks,
    traces,
)
from orderbridge.vendors.billbee.models import WireArticle, fold_keys
from orderbridge.vendors.http import Answer, Call, HeaderAuth, HttpClient, basic_credentials, whole
from orderbridge.vendors.pacing import EndpointPacer, persist

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order
    from orderbridge.orders.webhooks import Webhook
    from orderbridge.products.products import Product
    from orderbridge.stock.figures import ShopStock, StockAnswer
    from orderbridge.tracking.carriers import Carrier, ShippingProvider

PAGE_SIZE: Final = 250
"""The largest page Billbee gives."""
CALLS_PER_SECOND_AND_USER: Final = 10


class BillbeeClient:
    """Calls Billbee on behalf of one merchant, at the pace Billbee allows.

    Every method raises the errors of ``orderbridge.platform.errors``; those that add something to an order may raise
    ``UnknownOutcome``.

    Args:
        turn: waits for the limit that all merchants of the application share; raises Throttled if that would take too
            long.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        api_key: SecretStr,
        username: str,
        password: SecretStr,
        calls_per_second: float,
        turn: Callable[[], None] = lambda: None,
        clock: Clock,
    ) -> None:
        self._auth = HeaderAuth(
            {
                "X-Billbee-Api-Key": api_key.get_secret_value(),
                "Authorization": basic_credentials(username, password.get_secret_value()),
            }
        )
        self._http = http
        self._pacer = EndpointPacer(calls_per_second, CALLS_PER_SECOND_AND_USER, clock=clock, turn=turn)
        self._clock = clock

    @property
    def clock_skew(self) -> timedelta | None:
        """How far Billbee's clock is ahead of ours, by its last answer."""
        return self._http.clock_skew

    def orders(
        self,
        *,
        page: int,
        states: Iterable[int] = (),
        tags: Iterable[str] = (),
        modified_since: datetime | None = None,
        modified_until: datetime | None = None,
    ) -> OrderPage:
        """One page of the orders in one of ``states`` that carry all of ``tags``.

        Args:
            modified_since: sent in UTC and cut to the minute, as Billbee's own client does. Billbee documents no
                zone: leave an overlap.
            modified_until: in the same way; sent as the following minute.
        """
        params = [("page", str(page)), ("pageSize", str(PAGE_SIZE))]
        params += [("orderStateId", str(state)) for state in states]
        params += [("tag", tag) for tag in tags]
        if modified_since is not None:
            params.append(("modifiedAtMin", modified_since.astimezone(UTC).strftime("%Y-%m-%d %H:%M")))
        if modified_until is not None:
            end = modified_until.astimezone(UTC) + timedelta(minutes=1)
            params.append(("modifiedAtMax", end.strftime("%Y-%m-%d %H:%M")))
        read_at = self._clock.now()
        answer = self._get("list orders", "/orders", tuple(params))
        rows, paging = answer.data.get("Data"), answer.data.get("Paging") or {}
        if not isinstance(rows, list) or not isinstance(paging, dict):
            raise MalformedAnswer("billbee list orders", "the answer has no list of orders", status=answer.status)
        read = [_read_row(row, read_at) for row in rows]
        return OrderPage(
            orders=tuple(order for order, _ in read if order is not None),
            total_pages=_whole(answer, paging.get("TotalPages"), default=page),
            total_rows=_whole(answer, paging.get("TotalRows"), default=len(rows)),
            unknown=sum(not known for _, known in read),
        )

    def order(self, order_id: int) -> Order:
        """The order as it is now. Raises NotFound if it is gone. Billbee allows 6 of these calls a minute per order."""
        answer = self._get("get order", f"/orders/{order_id}", endpoint="GET /orders/{id}", about=str(order_id))
        raw = answer.data.get("Data")
        order = to_order(raw, self._clock.now())
        if order is None or not traces(raw):
            raise MalformedAnswer("billbee get order", "the answer holds no order", status=answer.status)
        return order

    def order_by_number(self, number: str) -> Order | None:
        """The order with this shop number as it is now, or None."""
        path = f"/orders/findbyextref/{quote(number, safe='')}"
        try:
            answer = self._get("find order", path, endpoint="GET /orders/findbyextref/{extRef}")
        except (NotFound, Refused):
            return None
        return to_order(answer.data.get("Data"), self._clock.now())

    def add_tags(self, order_id: int, *tags: str) -> None:
        """Attach tags. May be repeated: Billbee ignores tags that the order has."""
        self._change("add tags", "POST", order_id, "tags", {"Tags": list(tags)}, repeatable=True)

    def set_state(self, order_id: int, state: int) -> None:
        """Set the order's state. Billbee passes it to the shop with the present shipments, so add shipments first."""
        self._change("set state", "PUT", order_id, "orderstate", {"NewStateId": state}, repeatable=True)

    def add_message(self, order_id: int, text: str) -> None:
        """Add an internal message. Not repeatable: after an UnknownOutcome look at the order's comments first."""
        body = {"IsInternal": True, "SenderName": "orderbridge", "Text": text}
        self._change("add message", "POST", order_id, "message", body, repeatable=False)

    def add_shipment(
        self, order_id: int, tracking_number: str, carrier: Carrier, comment: str, *, is_return: bool = False
    ) -> None:
        """Add a parcel. Not repeatable: after an UnknownOutcome look at the order's tracking numbers first."""
        body: dict[str, object] = {"ShippingId": tracking_number, "Comment": comment, "ShipmentType": int(is_return)}
        if carrier.provider_id is not None:
            body["ShippingProviderId"] = carrier.provider_id
        if carrier.product_id is not None:
            body["ShippingProviderProductId"] = carrier.product_id
        if carrier.carrier_id is not None:
            body["CarrierId"] = carrier.carrier_id
        self._change("add shipment", "POST", order_id, "shipment", body, repeatable=False)

    def components(self, product_id: int | None, sku: str) -> tuple[Component, ...]:
        """What a bundle consists of by its bill of materials; empty if Billbee has none for it."""
        components = []
        for wire in self._article(product_id, sku).bill_of_material:
            name = wire.sku
            if not name and wire.article_id is not None:
                name = self._article(wire.article_id, "").sku
            components.append(Component(name, wire.amount, product_id=wire.article_id))
        return tuple(components)

    def carriers(self) -> dict[str, int]:
        """Billbee's list of carriers: their numbers by name. It is the same for all accounts, and never empty."""
        answer = self._get("list carriers", "/enums/shippingcarriers", enveloped=False)
        if not (carriers := to_carriers(_unwrap(answer.data))):
            raise MalformedAnswer("billbee list carriers", "the answer names no carrier", status=answer.status)
        return carriers

    def shipping_providers(self) -> tuple[ShippingProvider, ...]:
        """The shipping providers set up in the merchant's account; an account may have none."""
        answer = self._get("list shipping providers", "/shipment/shippingproviders", enveloped=False)
        rows = _unwrap(answer.data)
        providers = to_providers(rows)
        if not isinstance(rows, list) or (rows and not providers):
            raise MalformedAnswer("billbee list shipping providers", "the list cannot be read", status=answer.status)
        return providers

    def products(self, page: int) -> ProductPage:
        """One page of the merchant's products, in Billbee's order."""
        rows, pages = self._products(page)
        return ProductPage(tuple(to_products(rows)), pages)

    def _products(self, page: int) -> tuple[list[Any], int]:
        params = (("page", str(page)), ("pageSize", str(PAGE_SIZE)))
        answer = self._get("list products", "/products", params)
        rows, paging = answer.data.get("Data"), answer.data.get("Paging") or {}
        if not isinstance(rows, list) or not isinstance(paging, dict):
            raise MalformedAnswer("billbee list products", "the answer has no list of products", status=answer.status)
        return rows, _whole(answer, paging.get("TotalPages"), default=page)

    def stock_levels(self, page: int, stock_id: int) -> StockPage:
        """One stock of one page of the merchant's products, in Billbee's order.

        Args:
            stock_id: the number of the stock; 0 only where the account has a single one.
        """
        rows, pages = self._products(page)
        return StockPage(tuple(to_stock_levels(rows, stock_id)), pages)

    def product(self, product_id: int) -> Product | None:
        """One product as it is now, or None if it is gone."""
        path = f"/products/{product_id}"
        try:
            answer = self._get("get product", path, (("lookupBy", "id"),), endpoint="GET /products/{id}")
        except NotFound:
            return None
        found = list(to_products([answer.data.get("Data")]))
        if not found:
            raise MalformedAnswer("billbee get product", "the answer holds no product", status=answer.status)
        return found[0]

    def update_stock(self, quantities: Mapping[str, int], stock_id: int) -> dict[str, StockAnswer]:
        """Tell Billbee the stock of SKUs, from which it subtracts what it has reserved. Returns its answers by SKU as
        sent.

        Not repeatable: a figure that lands late replaces a newer one. SKUs missing from the answer are left out.

        Args:
            stock_id: which stock, for merchants with several; 0 is Billbee's default.
        """
        body = [
            {"Sku": sku, "NewQuantity": quantity, "AutosubtractReservedAmount": True, "Reason": "orderbridge"}
            | ({"StockId": stock_id} if stock_id else {})
            for sku, quantity in quantities.items()
        ]
        call = Call("billbee update stock", "POST", "/products/updatestockmultiple", repeatable=False, body=body)

        def send() -> Answer:
            answer = self._send(call, "POST /products/updatestockmultiple")
            if not isinstance(_unwrap(answer.data), list):
                raise UnknownOutcome(call.operation, "the answer is not a list", status=answer.status)
            return answer

        answer = persist(send, clock=self._clock)
        return to_stock_answers(_unwrap(answer.data), list(quantities), hide=answer.hide)

    def stocks(self) -> tuple[ShopStock, ...]:
        """The stocks of the merchant's account. One of them is the default."""
        answer = self._get("list stocks", "/products/stocks", enveloped=False)
        rows = _unwrap(answer.data)
        stocks = to_stocks(rows)
        if not isinstance(rows, list) or len(stocks) < len(rows):
            raise MalformedAnswer("billbee list stocks", "the list cannot be read", status=answer.status)
        return stocks

    def webhooks(self) -> tuple[Webhook, ...]:
        """All webhooks of the merchant's user, also those of other applications."""
        answer = self._get("list webhooks", "/webhooks", enveloped=False)
        return to_webhooks(_unwrap(answer.data))

    def webhook_filters(self) -> frozenset[str]:
        """The names of the events that a webhook can be registered for."""
        found = _unwrap(self._get("list webhook filters", "/webhooks/filters", enveloped=False).data)
        # The documentation names no shape: a map by name, a list of names and a list of objects are accepted.
        names = (
            (fold_keys(one).get("Name") if isinstance(one, dict) else one)
            for one in (found if isinstance(found, list | dict) else ())
        )
        return frozenset(str(name) for name in names if name)

    def add_webhook(self, url: str, secret: SecretStr, filters: Iterable[str], description: str) -> None:
        """Register a webhook; Billbee asks the URL for an echo meanwhile. Not repeatable: it would be registered
        twice.
        """
        body = {
            "WebHookUri": url,
            "Secret": secret.get_secret_value(),
            "Filters": sorted(filters),
            "Description": description,
            "IsPaused": False,
        }
        call = Call("billbee add webhook", "POST", "/webhooks", repeatable=False, body=body)
        persist(lambda: self._send(call, "POST /webhooks"), clock=self._clock)

    def remove_webhook(self, webhook_id: str) -> None:
        """Remove one webhook. Raises NotFound if it is gone, and ValueError without an id, because that would remove
        all.
        """
        if not webhook_id.strip():
            raise ValueError("a webhook is removed by its id")
        path = f"/webhooks/{quote(webhook_id, safe='')}"
        call = Call("billbee remove webhook", "DELETE", path, repeatable=True)
        persist(lambda: self._send(call, "DELETE /webhooks/{id}"), clock=self._clock)

    def _article(self, product_id: int | None, sku: str) -> WireArticle:
        key, by = (str(product_id), "id") if product_id is not None else (sku, "sku")
        path = f"/products/{quote(key, safe='')}"
        answer = self._get("get product", path, (("lookupBy", by),), endpoint="GET /products/{id}")
        try:
            return WireArticle.model_validate(answer.data.get("Data"))
        except ValidationError:
            raise MalformedAnswer("billbee get product", "the answer holds no product", status=answer.status) from None

    def _get(
        self,
        operation: str,
        path: str,
        params: tuple[tuple[str, str], ...] = (),
        *,
        endpoint: str = "",
        enveloped: bool = True,
        about: str = "",
    ) -> Answer:
        call = Call(f"billbee {operation}", "GET", path, repeatable=True, params=params, about=about)

        def send() -> Answer:
            answer = self._send(call, endpoint or f"GET {path}")
            if not isinstance(answer.data, dict if enveloped else dict | list):
                raise MalformedAnswer(call.operation, "the answer is not what it should be", status=answer.status)
            return answer

        return persist(send, clock=self._clock)

    def _change(
        self,
        operation: str,
        method: str,
        order_id: int,
        what: str,
        body: Mapping[str, Any],
        *,
        repeatable: bool,
    ) -> None:
        path = f"/orders/{order_id}/{what}"
        call = Call(f"billbee {operation}", method, path, repeatable=repeatable, body=body, about=str(order_id))
        persist(lambda: self._send(call, f"{method} /orders/{{id}}/{what}"), clock=self._clock)

    def _send(self, call: Call, endpoint: str) -> Answer:
        try:
            answer = self._pacer.run(endpoint, lambda: self._http.send(call, self._auth, own=partial(_is_own, call)))
        except (Refused, NotFound) as error:
            told = to_error(call, error.code, error.detail, error.status)
            # A 404 needs no error code; but with "internal error" it does not say that the order is gone.
            raise error if isinstance(error, NotFound) and isinstance(told, Refused) else told from None
        raise_complaint(call, answer)
        return answer


def _is_own(call: Call, data: object) -> bool:
    """Whether an error comes in Billbee's envelope. Errors of its webhooks, which are another product, have none."""
    if not isinstance(data, dict):
        return False
    return not {"ErrorCode", "ErrorMessage"}.isdisjoint(data) or call.path.startswith("/webhooks")


def _unwrap(data: Any) -> Any:
    """Lists come bare or in the envelope."""
    enveloped = isinstance(data, dict) and not {"Data", "ErrorCode"}.isdisjoint(data)
    return data.get("Data") if enveloped else data


def _whole(answer: Answer, value: object, *, default: int) -> int:
    """A count of pages or rows. An unreadable count must not end the reading of a list."""
    if value is None:
        return default
    if (count := whole(value)) is None:
        raise MalformedAnswer("billbee list", "the answer's paging cannot be read", status=answer.status)
    return count


def _read_row(row: object, read_at: datetime) -> tuple[Order | None, bool]:
    """An order of a list, and whether the row can be identified. A defect of ours affects one row only."""
    try:
        return to_order(row, read_at), is_known(row)
    except Exception as error:  # noqa: BLE001  reading a row makes no call
        report(error)
        return None, False
