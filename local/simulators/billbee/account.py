"""One merchant's Billbee: orders, products, stock and shipments, changed by the API and by the merchant."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any, Literal

from local.simulators.billbee import enums
from local.simulators.billbee.checks import ZONES, write_moment
from local.simulators.billbee.orders import of_quantity
from local.simulators.server import Clock

MergedIds = Literal["kept", "new", "all new"]
Notify = Callable[["Account", tuple[str, ...], str, dict[str, Any]], None]
"""Called with each change: the account, the webhooks' name of the change, "Order" or "Product", and its record."""


class Account:
    """State and controls of one merchant. `orders` and `products` hold wire records by Billbee id."""

    def __init__(self, username: str, password: str, clock: Clock, readings: Mapping[str, str], notify: Notify) -> None:
        self.username = username
        self.password = password
        self.orders: dict[int, dict[str, Any]] = {}
        self.products: dict[int, dict[str, Any]] = {}
        self.stocks: list[dict[str, Any]] = [{"Id": 0, "Name": "Standard", "Description": None, "IsDefault": True}]
        self.webhooks: dict[str, dict[str, Any]] = {}
        self.last_order_id = 0  # the highest so far, of orders that are gone too
        self.ids = count(1_000)
        self._order_ids = count(1)
        self._product_ids = count(50_001)
        self._clock = clock
        self._readings = readings
        self._notify = notify

    def __repr__(self) -> str:
        return f"Account({self.username!r}, {len(self.orders)} orders)"

    def now(self) -> str:
        zone, offset = ZONES[self._readings["zone"]], self._readings["date-form"] == "offset"
        return write_moment(datetime.fromtimestamp(self._clock(), UTC), zone, offset=offset)

    @property
    def default_stock(self) -> int:
        """The stock for calls that name none."""
        return next(int(one["Id"]) for one in self.stocks if one["IsDefault"])

    # -- the merchant's own hands

    def add_order(self, order: dict[str, Any]) -> dict[str, Any]:
        """An order arrives. Its goods leave the stock at once, even unpaid."""
        number = order.get("BillBeeOrderId") or self._free_order_id()
        if number in self.orders:
            raise ValueError(f"order {number} exists")
        order["BillBeeOrderId"] = number
        order["Id"] = order.get("Id") or str(number)
        order["OrderNumber"] = order.get("OrderNumber") or str(number)
        now = self.now()
        for name in ("CreatedAt", "LastModifiedAt", "UpdatedAt"):
            order[name] = order.get(name) or now
        if order["PaidAmount"]:
            order["PayedAt"] = order["PayedAt"] or order["CreatedAt"]
        order["OrderItems"] = [{**line, "Product": {**line["Product"]}} for line in order["OrderItems"]]
        for line in order["OrderItems"]:
            line["BillbeeId"] = line.get("BillbeeId") or next(self.ids)
            sku = line["Product"]["SKU"]
            known = self.product_by("SKU", sku) if sku else None
            if known is not None and line["Product"]["BillbeeId"] is None:
                line["Product"]["BillbeeId"] = known["Id"]
        for comment in order["Comments"]:
            comment["Created"] = comment["Created"] or now
        self.orders[number] = order
        self.last_order_id = max(self.last_order_id, number)
        self._notify(self, ("order.created",), "Order", shown_order(order, self._readings))
        for sku, quantity in self._goods(order):
            self._move_stock(sku, -quantity)
        return order

    def add_product(self, product: dict[str, Any]) -> dict[str, Any]:
        product["Id"] = product.get("Id") or next(self._product_ids)
        for part in product["BillOfMaterial"]:
            component = self.product_by("SKU", part["SKU"])
            part["ArticleId"] = part["ArticleId"] or (component and component["Id"])
        self.products[product["Id"]] = product
        self._notify(self, ("product.created",), "Product", product)
        return product

    def change_product(self, product_id: int, **fields: Any) -> dict[str, Any]:
        """The merchant edits a product in the app."""
        _update(self.products[product_id], fields)
        self._notify(self, ("product.updated",), "Product", self.products[product_id])
        return self.products[product_id]

    def add_stock(self, stock_id: int, name: str) -> None:
        """A further stock location; every product then has a figure there (multi-stock)."""
        self.stocks.append({"Id": stock_id, "Name": name, "Description": None, "IsDefault": False})
        for product in self.products.values():
            if product["Type"] == 2:
                continue  # a bundle has no stock of its own
            product["Stocks"].append({**product["Stocks"][0], "StockId": stock_id, "Name": name, "StockCurrent": 0.0})

    def make_default(self, stock_id: int) -> None:
        """Make another stock the one for calls that name none."""
        for one in self.stocks:
            one["IsDefault"] = one["Id"] == stock_id

    def touch(self, order_id: int, *also: str) -> None:
        """The order counts as changed now; `also` is another event name of the change."""
        self.orders[order_id]["LastModifiedAt"] = self.now()
        shown = shown_order(self.orders[order_id], self._readings)
        self._notify(self, ("order.updated", *also), "Order", shown)

    def change(self, order_id: int, **fields: Any) -> dict[str, Any]:
        """The merchant edits an order in the app: `change(1, State=8)`."""
        order = self.orders[order_id]
        before = {**order}
        _update(order, fields)
        order["OrderItems"] = [
            {**line, "BillbeeId": line["BillbeeId"] or next(self.ids)} for line in order["OrderItems"]
        ]
        self.touch(order_id, *_what_happened(before, order))
        return order

    def archive(self, order_id: int) -> None:
        self.change(order_id, ArchivedAt=self.now())

    def remove_tag(self, order_id: int, tag: str) -> None:
        kept = [one for one in self.orders[order_id]["Tags"] if one.casefold() != tag.casefold()]
        self.change(order_id, Tags=kept)

    def pay(self, order_id: int) -> None:
        """The payment of an order arrives: it is paid in full."""
        order = self.orders[order_id]
        self.change(order_id, State=enums.PAID_STATE, PaidAmount=order["TotalCost"], PayedAt=self.now())

    def change_quantity(self, order_id: int, sku: str, quantity: float) -> None:
        """The merchant sells another quantity of a SKU at the same price. With 0, its line goes."""
        order = self.orders[order_id]
        lines, total = [], Decimal(str(order["TotalCost"]))
        for line in order["OrderItems"]:
            kept = of_quantity(line, quantity) if line["Product"]["SKU"] == sku else line
            total += Decimal(str(kept["TotalPrice"])) - Decimal(str(line["TotalPrice"]))
            lines += [kept] if kept["Quantity"] or kept is line else []
        self.change(order_id, OrderItems=lines, TotalCost=float(total))

    def hear_from_buyer(self, order_id: int, text: str) -> None:
        """The buyer writes about an order."""
        self._comment(order_id, text, self.orders[order_id]["Buyer"]["FullName"], from_customer=True)

    def ship_by_hand(self, order_id: int, number: str, *, carrier: int = 2, kind: int = 0) -> None:
        """The merchant creates a shipment in the app, for goods shipped from elsewhere."""
        shown = None if self._readings["shipment-numbers"] == "null" else number
        self.add_shipment(order_id, {"ShippingId": shown, "CarrierId": carrier, "ShipmentType": kind})

    def merge(self, first: int, second: int, *, gone: bool = False, ids: MergedIds = "kept") -> None:
        """The merchant merges two orders: the first takes all positions and tags, and the second is deleted, or `gone`
        altogether.

        Args:
            ids: no document says which ids the positions have then: those they had, the second one's `new` ones, or
                `all new` ones.
        """
        into, other = self.orders[first], self.orders[second]
        total = Decimal(str(into["TotalCost"])) + Decimal(str(other["TotalCost"]))
        postage = Decimal(str(into["ShippingCost"])) + Decimal(str(other["ShippingCost"]))
        tags = [*into["Tags"], *(tag for tag in other["Tags"] if tag not in into["Tags"])]
        new = {"kept": (), "new": other["OrderItems"], "all new": (*into["OrderItems"], *other["OrderItems"])}[ids]
        lines = [
            {**line, "BillbeeId": next(self.ids) if line in new else line["BillbeeId"]}
            for line in (*into["OrderItems"], *other["OrderItems"])
        ]
        self.change(first, OrderItems=lines, TotalCost=float(total), ShippingCost=float(postage), Tags=tags)
        if gone:
            self.remove_order(second)
        else:
            self.change(second, State=6, BillBeeParentOrderId=first)

    def copy(self, order_id: int, number: int) -> dict[str, Any]:
        """The merchant copies an order, with its tags and without what was posted to it."""
        fresh = _unposted(number)
        copied = {**self.orders[order_id], **fresh, "Tags": [*self.orders[order_id]["Tags"]]}
        copied["OrderItems"] = [{**line, "BillbeeId": None} for line in copied["OrderItems"]]
        return self.add_order(copied)

    def credit(self, order_id: int, number: int, *lines: dict[str, Any]) -> dict[str, Any]:
        """The shop issues a credit note for an order, or for some of its lines, as an order with negative amounts."""
        order = self.orders[order_id]
        credited = []
        for line in lines or order["OrderItems"]:
            amounts = {name: -line[name] for name in ("TotalPrice", "UnrebatedTotalPrice", "TaxAmount")}
            credited.append({**line, **amounts, "BillbeeId": None, "DontAdjustStock": True})
        total = sum((Decimal(str(line["TotalPrice"])) for line in credited), Decimal(0))
        fresh = {"OrderItems": credited, "TotalCost": float(total), "ShippingCost": 0.0, "PaidAmount": float(total)}
        tags = [tag for tag in order["Tags"] if not tag.startswith("order_")]
        return self.add_order({**order, **_unposted(number), **fresh, "IsCancelationFor": order["Id"], "Tags": tags})

    def remove_order(self, order_id: int) -> None:
        """The order disappears altogether."""
        del self.orders[order_id]

    # -- what the API does

    def add_tags(self, order_id: int, tags: Iterable[str]) -> None:
        """Tags already attached are ignored, whatever their case."""
        kept: list[str] = self.orders[order_id]["Tags"]
        for tag in tags:
            if tag.casefold() not in {one.casefold() for one in kept}:
                kept.append(tag)
        self.touch(order_id)

    def replace_tags(self, order_id: int, tags: Iterable[str]) -> None:
        self.orders[order_id]["Tags"] = []
        self.add_tags(order_id, tags)

    def set_state(self, order_id: int, state: int) -> None:
        order = self.orders[order_id]
        before = {**order}
        order["State"] = state
        for name, at_state in (("PayedAt", 3), ("ShippedAt", 4)):
            if state == at_state and order[name] is None:
                order[name] = self.now()
        self._remember(order, "OrderStateChanged", enums.ORDER_STATES[state])
        self.touch(order_id, *_what_happened(before, order))

    def add_shipment(self, order_id: int, model: dict[str, Any]) -> None:
        """Every call adds a shipment, even a second one with the same number."""
        order = self.orders[order_id]
        provider = model.get("ShippingProviderId")
        carrier = model.get("CarrierId", enums.PROVIDER_CARRIERS.get(provider or 0, 0))
        order["ShippingIds"].append(
            {
                "BillbeeId": next(self.ids),
                "ShippingId": model["ShippingId"],
                "Shipper": enums.SHIPPING_CARRIERS[carrier],
                "Created": self.now(),
                "TrackingUrl": None,
                "ShippingProviderId": provider,
                "ShippingProviderProductId": model.get("ShippingProviderProductId"),
                "ShippingCarrier": carrier,
                "ShipmentType": model.get("ShipmentType", 0),
            }
        )
        self._remember(order, "ShipmentAdded", model.get("Comment") or "")
        self.touch(order_id)

    def add_message(self, order_id: int, text: str, sender: str) -> None:
        self._comment(order_id, text, sender, from_customer=False)

    def _comment(self, order_id: int, text: str, sender: str, *, from_customer: bool) -> None:
        self.orders[order_id]["Comments"].append(
            {
                "Id": next(self.ids),
                "FromCustomer": from_customer,
                "Text": text,
                "Name": sender,
                "Created": self.now(),
            }
        )
        self.touch(order_id)

    def product_by(self, field: str, value: Any) -> dict[str, Any] | None:
        return next((one for one in self.products.values() if one[field] == value), None)

    def reserved(self, sku: str) -> float:
        """How many of `sku` are sold and not yet sent, bundles taken apart."""
        return sum(
            quantity
            for order in self.orders.values()
            if order["State"] in enums.UNFULFILLED_STATES
            for found, quantity in self._goods(order)
            if found == sku
        )

    def set_stock(self, product: dict[str, Any], stock_id: int, quantity: float) -> float:
        """The new absolute figure; returns the old one."""
        place = next(one for one in product["Stocks"] if one["StockId"] == stock_id)
        old: float = place["StockCurrent"]
        place["StockCurrent"] = quantity
        if stock_id == self.default_stock:
            product["StockCurrent"] = quantity
        self._notify(self, ("product.stock.updated",), "Product", product)
        return old

    # -- inside

    def _free_order_id(self) -> int:
        return next(number for number in self._order_ids if number not in self.orders)

    def _goods(self, order: dict[str, Any]) -> list[tuple[str, float]]:
        """What an order takes from the stock, by SKU: of bundles their parts, of products as many as one sale takes."""
        goods: list[tuple[str, float]] = []
        for line in order["OrderItems"]:
            if line["IsCoupon"] or line["Product"]["IsDigital"] or line["DontAdjustStock"]:
                continue
            sku = line["Product"]["SKU"] or line["InvoiceSKU"]
            product = self.products.get(line["Product"]["BillbeeId"]) or (self.product_by("SKU", sku) if sku else None)
            goods += [(sku, line["Quantity"])] if product is None else self._taken(product, line["Quantity"])
        return goods

    def _taken(self, product: dict[str, Any], quantity: float) -> Iterator[tuple[str, float]]:
        if product["Type"] != 2:
            if not product["IsDigital"]:
                yield product["SKU"], quantity * (product["StockReduceItemsPerSale"] or 1)
            return
        for part in product["BillOfMaterial"]:
            inner = self.products.get(part["ArticleId"])
            if inner is None:
                yield part["SKU"], part["Amount"] * quantity
            elif inner["Type"] == 2:
                yield from self._taken(inner, part["Amount"] * quantity)
            elif not inner["IsDigital"]:
                yield inner["SKU"], part["Amount"] * quantity

    def _move_stock(self, sku: str, by: float) -> None:
        product = self.product_by("SKU", sku)
        if product is not None and product["Stocks"]:
            place = next(one for one in product["Stocks"] if one["StockId"] == self.default_stock)
            self.set_stock(product, self.default_stock, place["StockCurrent"] + by)

    def _remember(self, order: dict[str, Any], event: str, text: str) -> None:
        order["History"].append(
            {"Created": self.now(), "EventTypeName": event, "Text": text, "EmployeeName": None, "TypeId": 0}
        )


def _unposted(number: int) -> dict[str, Any]:
    """What an order does not take over from the one that it was made of."""
    fresh: dict[str, Any] = dict.fromkeys(["Id", "OrderNumber", "CreatedAt", "LastModifiedAt", "UpdatedAt"])
    return fresh | {"BillBeeOrderId": number, "Comments": [], "ShippingIds": [], "History": []}


def shown_order(order: dict[str, Any], readings: Mapping[str, str]) -> dict[str, Any]:
    """An order as the API shows it. It is kept with postage in its total, and shown as the reading has it."""
    total, postage = order["TotalCost"], order["ShippingCost"]
    if readings["total"] == "including" or not all(isinstance(one, int | float) for one in (total, postage)):
        return order
    return order | {"TotalCost": float(Decimal(str(total)) - Decimal(str(postage)))}


def _update(record: dict[str, Any], fields: dict[str, Any]) -> None:
    unknown = fields.keys() - record.keys()
    if unknown:
        raise ValueError(f"there is no {sorted(unknown)}")
    record.update(fields)


def _what_happened(before: dict[str, Any], order: dict[str, Any]) -> list[str]:
    """The webhooks' event of a change of an order's state, besides "updated"."""
    happened = []
    if order["State"] != before["State"]:
        happened.append("order.state.updated")
        if order["State"] == enums.SHIPPED_STATE:
            happened.append("order.shipped")
    if order["PayedAt"] and not before["PayedAt"]:
        happened.append("order.payment.received")
    return happened
