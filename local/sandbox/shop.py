"""What a merchant does in Billbee, as acts on the simulated one."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pydantic import Field

from local import demo_orders
from local.sandbox.act import MOST_PIECES, Act, Done, Look, Name, Texts
from local.sandbox.items import attributes_of, first_product, line_of, line_with, not_credited, of_left
from local.sandbox.places import Place, Places, Refusal, Wire, nearest
from local.sandbox.shown import contents, country_of, destination, named, row, state, total
from local.simulators.billbee import Account as Shop
from local.simulators.billbee import enums
from local.simulators.billbee.orders import address, order

FIRST_ID: Final = 10_001
MOST_CHARACTERS: Final = 5_000
MOST_ORDERS: Final = 1_000
"""At once."""
_ENDED: Final = (enums.DELETED_STATE, enums.CANCELLED_STATE)
_UNPAID: Final = (1, 2, 11, 12, 14, 15)


class CreateOrder(Act):
    """A buyer orders. What is left out is as with the shop's first order, else as in the United States."""

    items: Texts = ()
    country: str | None = Field(None, pattern="^[A-Za-z]{2}$")
    currency: str | None = Field(None, pattern="^[A-Za-z]{3}$")
    personalise: Texts = ()
    unpaid: bool = False
    tags: Texts = ()
    no_tag: bool = False
    shipping: Decimal = Field(Decimal("4.95"), ge=0, le=1000, decimal_places=2)
    ship_by: str | None = None
    message: str | None = None
    count: int = Field(1, ge=1, le=MOST_ORDERS)

    def do(self, here: Places) -> Done:
        place, shop = here.with_shop(self.merchant)
        made = [self._one(place, shop) for _ in range(self.count)]
        if len(made) == 1:
            first = made[0]
            what = f"arrived in Billbee: {contents(first)} to {country_of(first)}, {total(first)}"
            return _told(place, first, what)
        said = f"{place.merchant} {named(made[0])} to {named(made[-1])} arrived in Billbee: {len(made)} orders"
        return Done(said, {"orders": [row(place, one) for one in made]})

    def _one(self, place: Place, shop: Shop) -> Wire:
        if place.order_tag is None and not self.no_tag and not self.tags:
            raise Refusal(f"The settings of {place.merchant} name no order tag. Correct them, or give tags.")
        usual = next(iter(shop.orders.values()), None)
        country = (self.country or (usual and country_of(usual)) or "US").upper()
        rate = Decimal(str(usual["TaxRate1"])) if usual else Decimal(0)
        lines = [line_of(shop, one, rate) for one in self.items or [first_product(place, shop)]]
        if self.personalise:
            lines[0]["Attributes"] = attributes_of(self.personalise)
        number = next_number(shop)
        own = [] if self.no_tag or place.order_tag is None else [place.order_tag]
        return shop.add_order(
            order(
                number,
                items=lines,
                tags=[*own, *self.tags],
                state=1 if self.unpaid else enums.PAID_STATE,
                order_number=f"{place.merchant.upper()}-{number}",
                ship_to=demo_orders.ADDRESSES.get(country) or _somewhere(country),
                shipping_cost=self.shipping,
                currency=(self.currency or (usual and usual["Currency"]) or "USD").upper(),
                tax_rate1=rate,
                message=self.message or None,
                shipping_product=self.ship_by or None,
            )
        )


class TagOrder(Act):
    """The merchant puts tags on an order."""

    order: Name
    tags: Texts = Field(min_length=1)

    def do(self, here: Places) -> Done:
        place, shop, found = _open(here, self.order, self.merchant)
        shop.add_tags(found["BillBeeOrderId"], self.tags)
        return _told(place, found, f"has the tags {', '.join(found['Tags'])}")


class UntagOrder(Act):
    """The merchant takes tags off an order."""

    order: Name
    tags: Texts = Field(min_length=1)

    def do(self, here: Places) -> Done:
        place, shop, found = _open(here, self.order, self.merchant)
        attached = {tag.casefold() for tag in found["Tags"]}
        for tag in self.tags:
            if tag.casefold() not in attached:
                raise Refusal(f"Order {named(found)} has no tag {tag}.{nearest(tag, found['Tags'])}")
        for tag in self.tags:
            shop.remove_tag(found["BillBeeOrderId"], tag)
        return _told(place, found, f"has the tags {', '.join(found['Tags']) or '(none)'}")


class CancelOrder(Act):
    """The merchant cancels an order."""

    order: Name

    def do(self, here: Places) -> Done:
        place, shop, found = _open(here, self.order, self.merchant)
        shop.set_state(found["BillBeeOrderId"], enums.CANCELLED_STATE)
        return _told(place, found, "is cancelled in Billbee")


class PayOrder(Act):
    """The payment of an order arrives."""

    order: Name

    def do(self, here: Places) -> Done:
        place, shop, found = _open(here, self.order, self.merchant)
        if found["PayedAt"] is not None or found["State"] not in _UNPAID:
            raise Refusal(f"Order {named(found)} is not waiting for a payment: it is {state(found)}.")
        shop.pay(found["BillBeeOrderId"])
        return _told(place, found, f"is paid: {total(found)}")


class MergeOrders(Act):
    """The merchant merges an order into another, which takes its lines and tags. It is then deleted, or gone."""

    order: Name
    other: Name
    gone: bool = False

    def do(self, here: Places) -> Done:
        place, shop, into = _open(here, self.order, self.merchant)
        other_place, _, other = _open(here, self.other, self.merchant)
        if place is not other_place:
            raise Refusal(
                f"Order {named(into)} is of {place.merchant}, order {named(other)} of {other_place.merchant}: Billbee"
                " merges orders of one account only."
            )
        if into is other:
            raise Refusal(f"Order {named(into)} cannot be merged with itself.")
        for one in (into, other):
            if one["State"] == enums.SHIPPED_STATE or one["IsCancelationFor"]:
                raise Refusal(f"Order {named(one)} cannot be merged: it is {state(one)}.")
        if into["Currency"] != other["Currency"]:
            raise Refusal(f"The orders have different currencies: {into['Currency']} and {other['Currency']}.")
        shop.merge(into["BillBeeOrderId"], other["BillBeeOrderId"], gone=self.gone)
        return _told(place, into, f"has taken over order {named(other)}: {contents(into)}, {total(into)}")


class CopyOrder(Act):
    """The merchant copies an order, with its tags."""

    order: Name

    def do(self, here: Places) -> Done:
        place, shop, found = here.sold(self.order, self.merchant)
        number = next_number(shop)
        made = shop.copy(found["BillBeeOrderId"], number)
        return _told(place, made, f"is a copy of order {named(found)}, with the tags {', '.join(made['Tags'])}")


class RefundOrder(Act):
    """The shop issues a credit note for an order, or for pieces of it: an order of its own with negative amounts."""

    order: Name
    items: Texts = ()

    def do(self, here: Places) -> Done:
        place, shop, found = here.sold(self.order, self.merchant)
        if found["IsCancelationFor"]:
            raise Refusal(f"Order {named(found)} is a credit note itself.")
        if found["PayedAt"] is None:
            raise Refusal(f"Order {named(found)} is not paid. Cancel it instead.")
        left = not_credited(shop, found)
        if not left:
            raise Refusal(f"All of order {named(found)} is credited already.")
        lines = [of_left(left, found, one) for one in self.items] if self.items else list(left.values())
        made = shop.credit(found["BillBeeOrderId"], next_number(shop), *lines)
        return _told(place, made, f"is the credit note for order {named(found)}: {contents(made)}, {total(made)}")


class EditAddress(Act):
    """The merchant changes where an order goes to. What is left out stays."""

    order: Name
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    street: str | None = None
    house_number: str | None = None
    line2: str | None = None
    zip_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = Field(None, pattern="^[A-Za-z]{2}$")

    def do(self, here: Places) -> Done:
        place, shop, found = _open(here, self.order, self.merchant)
        names = {
            "FirstName": self.first_name,
            "LastName": self.last_name,
            "Company": self.company,
            "Street": self.street,
            "HouseNumber": self.house_number,
            "Line2": self.line2,
            "Zip": self.zip_code,
            "City": self.city,
            "State": self.state,
            "CountryISO2": self.country and self.country.upper(),
            "Country": self.country and self.country.upper(),
        }
        given = {name: value for name, value in names.items() if value}
        if not given:
            raise Refusal("Say what is to change: name, company, street, house number, ZIP, city, state or country.")
        shop.change(found["BillBeeOrderId"], ShippingAddress=(found["ShippingAddress"] or address()) | given)
        return _told(place, found, f"goes to {destination(found)}")


class ChangeQuantity(Act):
    """The merchant changes how many pieces of a SKU are sold; with 0, its line goes."""

    order: Name
    sku: Name
    quantity: int = Field(ge=0, le=MOST_PIECES)

    def do(self, here: Places) -> Done:
        place, shop, found = _open(here, self.order, self.merchant)
        line = line_with(found, self.sku)
        if not line["Quantity"]:
            raise Refusal(f"The line with {self.sku} has the quantity 0, and so no price of a piece.")
        shop.change_quantity(found["BillBeeOrderId"], self.sku, self.quantity)
        return _told(place, found, f"has {contents(found) or 'no lines'}, {total(found)}")


class WriteMessage(Act):
    """The buyer writes about an order; or the shop does."""

    order: Name
    text: str = Field(min_length=1, max_length=MOST_CHARACTERS)
    from_shop: bool = False

    def do(self, here: Places) -> Done:
        place, shop, found = _open(here, self.order, self.merchant)
        if self.from_shop:
            shop.add_message(found["BillBeeOrderId"], self.text, place.merchant)
        else:
            shop.hear_from_buyer(found["BillBeeOrderId"], self.text)
        return _told(place, found, f"has a message of the {'shop' if self.from_shop else 'buyer'}")


class ListOrders(Look):
    """The orders in Billbee."""

    def do(self, here: Places) -> Done:
        places = [here.place(self.merchant)] if self.merchant else here.places.values()
        rows = [row(place, one) for place in places if place.shop for one in place.shop.orders.values()]
        return Done(f"{len(rows)} order{'s' * (len(rows) != 1)} in Billbee", {"orders": rows})


class ShowOrder(Look):
    """One order in Billbee."""

    order: Name

    def do(self, here: Places) -> Done:
        place, _, found = here.sold(self.order, self.merchant)
        details = row(place, found) | {
            "to": destination(found),
            "parcels": ", ".join(str(one["ShippingId"]) for one in found["ShippingIds"]),
            "messages": [one["Text"] for one in found["Comments"]],
        }
        return Done(f"{place.merchant} {named(found)} is {state(found)} in Billbee", {"order": details})


ACTS: dict[str, type[Act]] = {
    "create-order": CreateOrder,
    "tag": TagOrder,
    "untag": UntagOrder,
    "cancel": CancelOrder,
    "pay": PayOrder,
    "merge": MergeOrders,
    "copy": CopyOrder,
    "refund": RefundOrder,
    "edit-address": EditAddress,
    "change-quantity": ChangeQuantity,
    "message": WriteMessage,
    "list": ListOrders,
    "show": ShowOrder,
}


def next_number(shop: Shop) -> int:
    """The id of the next order; none is used twice."""
    return max(FIRST_ID, shop.last_order_id + 1)


def _told(place: Place, found: Wire, what: str) -> Done:
    return Done(f"{place.merchant} {named(found)} {what}", {"order": row(place, found)})


def _open(here: Places, name: str, merchant: str | None) -> tuple[Place, Shop, Wire]:
    """An order that can be changed: Billbee refuses changes of archived ones."""
    place, shop, found = here.sold(name, merchant)
    if found["ArchivedAt"] is not None or found["State"] in _ENDED:
        raise Refusal(f"Order {named(found)} has ended: it is {state(found)}.")
    return place, shop, found


def _somewhere(country: str) -> Wire:
    return address(
        street="Main Street", house_number="1", zip_code="10000", city="Springfield", state="", country=country
    )
