"""Billbee's API over HTTP, from its swagger: authentication, throttles, envelope, paging, and the routes.

Where the documents are open, `local.simulators.readings` has the readings.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask import Request, request

from local.clock import WALL_CLOCK
from local.simulators.billbee import checks, enums
from local.simulators.billbee.account import Account, shown_order
from local.simulators.billbee.checks import Query, envelope, invalid
from local.simulators.billbee.deliveries import Deliveries
from local.simulators.billbee.webhooks import WebhookRoutes
from local.simulators.readings import Readings
from local.simulators.server import Answer, Clock, Refused, Windows

SHIPMENT_FIELDS: dict[str, checks.Check] = {
    "ShippingId": checks.text,
    "OrderId": checks.text,
    "Comment": checks.text,
    "ShippingProviderId": checks.whole,
    "ShippingProviderProductId": checks.whole,
    "CarrierId": checks.whole,
    "ShipmentType": checks.whole,
}
STOCK_FIELDS: dict[str, checks.Check] = {
    "BillbeeId": checks.whole,
    "Sku": checks.text,
    "StockId": checks.whole,
    "Reason": checks.text,
    "OldQuantity": checks.number,
    "NewQuantity": checks.number,
    "DeltaQuantity": checks.number,
    "ForceSendStockToShops": checks.flag,
    "AutosubtractReservedAmount": checks.flag,
}
ORDER_FILTERS = (
    "minOrderDate",
    "maxOrderDate",
    "page",
    "pageSize",
    "shopId",
    "orderStateId",
    "tag",
    "minimumBillBeeOrderId",
    "modifiedAtMin",
    "modifiedAtMax",
    "articleTitleSource",
    "excludeTags",
)


class Billbee(WebhookRoutes):
    """The service. One `api_key` for the application, one account per merchant.

    readings: how the documents are read where they are open, by name (`local.simulators.readings`).
    webhook_delays: seconds until each retry of a webhook, counted from the attempt before.
    """

    name = "billbee"
    prefix = "/api/v1"

    def __init__(
        self,
        api_key: str = "billbee-api-key",
        *,
        readings: Mapping[str, str] | None = None,
        throttles: bool = True,
        clock: Clock = WALL_CLOCK,
        webhook_delays: Sequence[float] = (60, 240),
    ) -> None:
        self.readings = Readings("billbee", readings)
        super().__init__(throttles=throttles, clock=clock)
        self._sender = Deliveries(clock, webhook_delays, lambda: self.readings["webhook-signature"])
        self.api_key = api_key
        self.accounts: dict[str, Account] = {}
        self._per_endpoint = Windows(2, 1.0)
        self._per_user = Windows(10, 1.0)
        self._per_key = Windows(50, 1.0)
        self._per_order = Windows(6, 60.0)
        self._add_routes()

    def add_account(self, username: str, password: str) -> Account:
        """One merchant; the password follows Billbee's rule (12 characters, no colon)."""
        if len(password) < 12 or ":" in password:
            raise ValueError("a Billbee API password has at least 12 characters and no ':'")
        account = Account(username, password, self.clock, self.readings, self.notify)
        self.accounts[username] = account
        return account

    # -- authentication and throttles

    def identify(self, request: Request) -> str | None:
        credentials = request.authorization
        return None if credentials is None or credentials.type != "basic" else credentials.username

    def authenticate(self, request: Request, route: str) -> None:
        account = self.accounts.get(self.identify(request) or "")
        known_key = request.headers.get("X-Billbee-Api-Key") == self.api_key
        if not known_key or account is None or basic_password(request) != account.password:
            raise Refused(Answer(401, {"Message": "Authorization has been denied for this request."}))

    def throttle(self, account: str | None, route: str, path_values: dict[str, str]) -> None:
        user = account or ""
        limits = [
            (self._per_key, ("key",)),
            (self._per_user, (user,)),
            (self._per_endpoint, (user, route)),
        ]
        if route == "GET /orders/{id}":
            limits.append((self._per_order, (user, path_values["id"])))
        now = self.clock()
        wait = max(windows.wait(subject, now) for windows, subject in limits)
        if wait > 0:
            raise Refused(self.throttled_answer(account, max(1, -int(-wait // 1))))
        for windows, subject in limits:
            windows.hit(subject, now)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of dates without an offset."""
        return checks.ZONES[self.readings["zone"]]

    def finish(self, answer: Answer, account: str | None) -> Answer:
        """Removes the codes of errors, if that is the reading."""
        if self.readings["error-message"] == "without-code":
            for body in answer.body if isinstance(answer.body, list) else [answer.body]:
                if isinstance(body, dict) and body.get("ErrorMessage") is not None:
                    body |= {"ErrorCode": 0, "ErrorDescription": 0}
        return answer

    def error_answer(self, status: int) -> Answer:
        return Answer(status, envelope(code=8, message="An internal exception occured."))

    # -- routes

    def _add_routes(self) -> None:
        self.route("GET /orders", self._list_orders)
        self.route("GET /orders/{id}", self._get_order)
        self.route("GET /orders/findbyextref/{ext_ref}", self._find_by_number)
        self.route("POST /orders/{id}/tags", self._add_tags)
        self.route("PUT /orders/{id}/tags", self._replace_tags)
        self.route("PUT /orders/{id}/orderstate", self._set_state)
        self.route("POST /orders/{id}/shipment", self._add_shipment)
        self.route("POST /orders/{id}/message", self._add_message)
        self.route("GET /products", self._list_products)
        self.route("GET /products/stocks", self._list_stocks)
        self.route("GET /products/reservedamount", self._reserved)
        self.route("GET /products/{id}", self._get_product)
        self.route("POST /products/updatestock", self._update_stock)
        self.route("POST /products/updatestockmultiple", self._update_stocks)
        self.route("GET /shipment/shippingproviders", lambda: Answer(body=enums.SHIPPING_PROVIDERS))
        for path, values in {
            "GET /enums/orderstates": enums.ORDER_STATES,
            "GET /enums/shipmenttypes": enums.SHIPMENT_TYPES,
            "GET /enums/paymenttypes": enums.PAYMENT_TYPES,
        }.items():
            self.route(path, self._enum(values))
        self.route("GET /enums/shippingcarriers", self._carriers)
        self.route("GET /shipment/shippingcarriers", self._carriers)
        self.add_webhook_routes()

    def _enum(self, values: dict[int, str]) -> Any:
        return lambda: Answer(body=enums.as_shape(values, self.readings["enum-shape"]))

    def _carriers(self) -> Answer:
        values: dict[int, str] = {}
        match self.readings["carriers"]:
            case "failing":
                return self.error_answer(500)
            case "identifiers":
                values = enums.CARRIER_IDENTIFIERS
            case "display-names":
                values = enums.SHIPPING_CARRIERS
        return Answer(body=enums.as_shape(values, self.readings["enum-shape"]))

    def account(self) -> Account:
        """The merchant of the call being served."""
        return self.accounts[self.identify(request) or ""]

    def json_body(self) -> Any:
        if not request.is_json:
            raise Refused(Answer(415, {"Message": "The request entity's media type is not supported."}))
        return request.get_json(silent=True)

    # -- orders

    def _list_orders(self) -> Answer:
        query = Query(request.args.to_dict(flat=False), ORDER_FILTERS)
        page, size = query.page()
        if query.whole("articleTitleSource", 0) not in (0, 1, 2, 3):
            raise invalid("Parameter 'articleTitleSource' is out of range.")
        fits = self._filter(query)
        rows = [order for order in self.account().orders.values() if fits(order)]
        rows.sort(key=lambda order: int(order["BillBeeOrderId"]))
        answer = checks.paged(rows, page, size)
        answer["Data"] = [shown_order(order, self.readings) for order in answer["Data"]]
        return Answer(body=answer)

    def _filter(self, query: Query) -> Callable[[dict[str, Any]], bool]:
        fold = str if self.readings["tag-filter"] == "exact" else str.casefold
        wanted, exclude = {fold(tag) for tag in query.many("tag")}, query.flag("excludeTags")
        states, shops = query.wholes("orderStateId"), query.wholes("shopId")
        smallest = query.whole("minimumBillBeeOrderId")
        newer_than, at_most = (query.moment(f"modifiedAt{end}", self.zone) for end in ("Min", "Max"))
        oldest, newest = (query.moment(f"{end}OrderDate", self.zone) for end in ("min", "max"))

        def fits(order: dict[str, Any]) -> bool:
            attached = {fold(tag) for tag in order["Tags"]}
            changed = checks.parse_moment(order["LastModifiedAt"], self.zone)
            placed = checks.parse_moment(order["CreatedAt"], self.zone)
            return (
                # With excludeTags, an order must have none of the tags.
                (not wanted & attached if exclude else wanted <= attached)
                and (not states or order["State"] in states)
                and (not shops or order["ApiAccountId"] in shops)
                and (smallest is None or order["BillBeeOrderId"] >= smallest)
                and (newer_than is None or changed > newer_than)
                and (at_most is None or changed <= at_most)
                and (oldest is None or placed >= oldest)
                and (newest is None or placed <= newest)
            )

        return fits

    def _get_order(self, id: str) -> Answer:
        return Answer(body=envelope(shown_order(self._order(id), self.readings)))

    def _find_by_number(self, ext_ref: str) -> Answer:
        found = [order for order in self.account().orders.values() if order["OrderNumber"] == ext_ref]
        if not found:
            raise self._no_order()
        return Answer(body=envelope(shown_order(found[0], self.readings)))

    def _add_tags(self, id: str) -> Answer:
        return self._tag(id, replace=False)

    def _replace_tags(self, id: str) -> Answer:
        return self._tag(id, replace=True)

    def _tag(self, order_id: str, *, replace: bool) -> Answer:
        order = self._open_order(order_id)
        tags = checks.read_body(self.json_body(), {"Tags": checks.texts}, required=["Tags"])["Tags"]
        if any(not tag.strip() for tag in tags):
            raise invalid("A tag is empty.")
        change = self.account().replace_tags if replace else self.account().add_tags
        change(order["BillBeeOrderId"], tags)
        return Answer(body=envelope())

    def _set_state(self, id: str) -> Answer:
        order = self._open_order(id)
        body = checks.read_body(self.json_body(), {"NewStateId": checks.whole}, required=["NewStateId"])
        if body["NewStateId"] not in enums.ORDER_STATES:
            raise invalid("Field 'NewStateId' is no order state.")
        self.account().set_state(order["BillBeeOrderId"], body["NewStateId"])
        return self._void_answer()

    def _add_shipment(self, id: str) -> Answer:
        order = self._open_order(id)
        model = checks.read_body(self.json_body(), SHIPMENT_FIELDS, required=["ShippingId"])
        if not model["ShippingId"].strip():
            raise invalid("Field 'ShippingId' is empty.")
        if model.get("CarrierId", 0) not in enums.SHIPPING_CARRIERS:
            raise invalid("Field 'CarrierId' is no shipping carrier.")
        if model.get("ShipmentType", 0) not in enums.SHIPMENT_TYPES:
            raise invalid("Field 'ShipmentType' is no shipment type.")
        provider, product = model.get("ShippingProviderId"), model.get("ShippingProviderProductId")
        known = {one["id"]: {product["id"] for product in one["products"]} for one in enums.SHIPPING_PROVIDERS}
        if provider is not None and provider not in known:
            raise invalid("Field 'ShippingProviderId' is no provider of this account.")
        if product is not None and product not in (
            known[provider] if provider is not None else set().union(*known.values())
        ):
            raise invalid("Field 'ShippingProviderProductId' is no product of this account.")
        self.account().add_shipment(order["BillBeeOrderId"], model)
        return self._void_answer()

    def _add_message(self, id: str) -> Answer:
        order = self._open_order(id)
        fields: dict[str, checks.Check] = {
            "IsInternal": checks.flag,
            "SenderName": checks.text,
            "Text": checks.text,
        }
        model = checks.read_body(self.json_body(), fields, required=["Text"])
        if not model["Text"].strip():
            raise invalid("Field 'Text' is empty.")
        self.account().add_message(order["BillBeeOrderId"], model["Text"], model.get("SenderName", ""))
        return Answer(body=envelope())

    def _order(self, order_id: str) -> dict[str, Any]:
        if not order_id.isdigit():
            raise invalid("The order id is not a whole number.")
        order = self.account().orders.get(int(order_id))
        if order is None:
            raise self._no_order()
        return order

    def _open_order(self, order_id: str) -> dict[str, Any]:
        order = self._order(order_id)
        if order["ArchivedAt"] is not None:
            raise invalid("The order is archived. Further modification is disabled.")
        return order

    def _no_order(self) -> Refused:
        body = envelope(code=checks.ORDER_NOT_FOUND, message="Order not found")
        return Refused(Answer(int(self.readings["hub-not-found"]), body))

    def _void_answer(self) -> Answer:
        return Answer(body=envelope()) if self.readings["void-answers"] == "envelope" else Answer()

    # -- products and stock

    def _list_products(self) -> Answer:
        known = ("page", "pageSize", "minCreatedAt", "minimumBillBeeArticleId", "maximumBillBeeArticleId")
        query = Query(request.args.to_dict(flat=False), known)
        page, size = query.page()
        low = query.whole("minimumBillBeeArticleId")
        high = query.whole("maximumBillBeeArticleId")
        rows = [
            one
            for number, one in sorted(self.account().products.items())
            if (low is None or number >= low) and (high is None or number <= high)
        ]
        return Answer(body=checks.paged(rows, page, size))

    def _get_product(self, id: str) -> Answer:
        lookup = Query(request.args.to_dict(flat=False), ["lookupBy"]).one("lookupBy") or "id"
        return Answer(body=envelope(self._product(id, lookup)))

    def _product(self, wanted: str, lookup: str) -> dict[str, Any]:
        fields = {"id": "Id", "sku": "SKU", "ean": "EAN"}
        if lookup not in fields:
            raise invalid("Parameter 'lookupBy' must be id, ean or sku.")
        if lookup == "id" and not wanted.isdigit():
            raise invalid("The product id is not a whole number.")
        found = self.account().product_by(fields[lookup], int(wanted) if lookup == "id" else wanted)
        if found is None:
            raise Refused(Answer(404, envelope(code=checks.INVALID_DATA, message="Product not found")))
        return found

    def _list_stocks(self) -> Answer:
        return Answer(body=envelope(self.account().stocks))

    def _reserved(self) -> Answer:
        query = Query(request.args.to_dict(flat=False), ["id", "lookupBy", "stockId"])
        lookup = query.one("lookupBy") or "id"
        wanted = query.one("id")
        if wanted is None or lookup == "ean":
            raise invalid("Parameter 'id' is missing, or 'lookupBy' is neither id nor sku.")
        sku = self._product(wanted, lookup)["SKU"]
        return Answer(body=envelope({"ReservedAmount": self.account().reserved(sku)}))

    def _update_stock(self) -> Answer:
        return Answer(body=self._new_stock(self.json_body()))

    def _update_stocks(self) -> Answer:
        models = self.json_body()
        if not isinstance(models, list):
            raise invalid("The request body is not a list.")
        return Answer(body=[self._new_stock(model) for model in models])

    def _new_stock(self, body: Any) -> dict[str, Any]:
        """The result for one product. Its errors do not affect the other products."""
        model = checks.read_body(body, STOCK_FIELDS, required=["NewQuantity"])
        account = self.account()
        product = (
            account.products.get(model["BillbeeId"])
            if "BillbeeId" in model
            else account.product_by("SKU", model.get("Sku"))
        )
        stock_id = model.get("StockId", 0) or account.default_stock
        if product is None:
            return envelope(code=checks.INVALID_DATA, message=f"Product {model.get('Sku')} not found")
        if product["Type"] == 2:
            return envelope(code=checks.INVALID_DATA, message=f"{product['SKU']} is a bundle and has no stock")
        if stock_id not in {place["StockId"] for place in product["Stocks"]}:
            return envelope(code=checks.INVALID_DATA, message=f"Stock {stock_id} not found")
        reserved = account.reserved(product["SKU"])
        taken_off = reserved if model.get("AutosubtractReservedAmount") else 0
        quantity = model["NewQuantity"] - taken_off
        old = account.set_stock(product, stock_id, quantity)
        return envelope(
            {
                "SKU": product["SKU"],
                "OldStock": old,
                "CurrentStock": quantity,
                "UnfulfilledAmount": reserved,
                "Message": "Stock updated",
            }
        )


def basic_password(request: Request) -> str | None:
    """The password as sent, read from the header itself because passwords may hold any character."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None
