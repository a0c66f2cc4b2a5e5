"""The open points of the vendors' documents: each has a name, its readings, and the assumed one.

    Bibi(readings={"prefix": "SA", "not-found": "empty"})

A simulator behaves strictly by the reading that is chosen, and by the default where none is. They can be changed while
it runs (`choose`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

Vendor = Literal["billbee", "bibi"]


@dataclass(frozen=True)
class Reading:
    """One open point. `values` are its readings, the assumed one first; `pattern` is what other text it takes."""

    name: str
    vendor: Vendor
    values: tuple[str, ...]
    meaning: str
    source: str
    pattern: str = ""

    @property
    def default(self) -> str:
        return self.values[0]

    def takes(self, value: str) -> bool:
        return value in self.values or bool(self.pattern and re.fullmatch(self.pattern, value))

    @property
    def allowed(self) -> str:
        return " | ".join([*self.values, *(["any letters and digits"] if self.pattern else [])])


class BadReading(ValueError):
    """There is no such reading; the text says which there are."""


READINGS: Final[tuple[Reading, ...]] = (
    # -- BiBi: order numbers and what is not found
    Reading(
        "prefix",
        "bibi",
        ("none",),
        "the prefix of the account: every order number in an answer carries it",
        'shipments: "Order number that is assigned by the clients system plus the assigned prefix"; SA15698',
        pattern="[A-Za-z0-9]{1,10}",
    ),
    Reading(
        "prefix-style",
        "bibi",
        ("glued", "separated"),
        "the prefix is right before the number (SA15698), or there is a hyphen between them (SA-15698)",
        "the samples SA15698 and PKG12345",
    ),
    Reading(
        "prefix-calls",
        "bibi",
        ("with", "without", "either"),
        "calls about one order take its number with the prefix, without it, or both ways",
        "{orderId} is the customer_order_number, of which orderStatus does not say whether the prefix is part",
    ),
    Reading(
        "not-found",
        "bibi",
        ("refusal", "empty", "null", "404-envelope"),
        "an order that does not exist: success false within HTTP 200, an empty or null result, or HTTP 404 with BiBi's"
        " envelope. Calls that change an order have no empty result and refuse",
        "not shown",
    ),
    Reading(
        "gateway-404",
        "bibi",
        ("off", "json", "html"),
        "a gateway before BiBi answers three calls in a row of every twenty with 404, and BiBi never sees them:"
        ' {"message": "Not Found"}, or a page',
        "the status codes name 404; answers of a gateway are in no document",
    ),
    # -- BiBi: orders
    Reading(
        "timestamp",
        "bibi",
        ("change", "order-date"),
        "orderStatus compares `timestamp` with the order's last change, or with its entry date",
        'orderStatus: "UNIX timestamp or date format (max of 30 days)"',
    ),
    Reading(
        "several-orders",
        "bibi",
        ("object", "list", "map"),
        "one order comes bare and several as a list, or always a list, or always a map by number; shipments alike",
        "orderStatus and shipments show one of them bare",
    ),
    Reading(
        "update-field",
        "bibi",
        ("number", "orders", "either"),
        "the form field of updateOrder: the order number, as the URL has it, or `orders` as in submitOrder",
        'updateOrder: "Include the following POST data $_POST[{orderId}]"',
    ),
    Reading(
        "update-discounts",
        "bibi",
        ("coupons", "discounts", "either"),
        "updateOrder takes `Coupons` as its sample has, `Discounts` as submitOrder's has, or both",
        "the sample of updateOrder has Coupons where that of submitOrder has Discounts",
    ),
    Reading(
        "update-lines",
        "bibi",
        ("replaced", "kept"),
        "updateOrder removes the lines that it leaves out, or they stay until cancelOrder removes them",
        'updateOrder refers to submitOrder; cancelOrder has "which products you wish to remove from the order"',
    ),
    Reading(
        "changeable",
        "bibi",
        ("until-work-begins", "new-and-pending", "beside-shipped"),
        "an order can be changed and cancelled until the warehouse begins, backorders included; or only while it is New"
        " or Pending; or also what is left of it when a part has shipped",
        "the list of statuses is cut off in the documents",
    ),
    Reading(
        "batch",
        "bibi",
        ("whole", "each"),
        "a bad order refuses the whole batch of submitOrder, or only itself; the answer is a refusal either way",
        "submitOrder answers one success and message for many orders",
    ),
    Reading(
        "duplicate",
        "bibi",
        ("refused", "booked"),
        "an order number that is there already is refused, or booked again",
        "not said",
    ),
    Reading(
        "prod-dollars",
        "bibi",
        ("checked", "free"),
        "ProdDollars must match the lines, or may be any amount",
        '"Total of all product dollars for this order"',
    ),
    Reading(
        "rush",
        "bibi",
        ("checked", "free"),
        "RushProcessing takes only Yes, N and nothing, or any text of which only Yes puts the order first",
        'the text says "Yes", the sample N',
    ),
    Reading(
        "hold-answer",
        "bibi",
        ("status", "silent"),
        "holdOrder names the new status, as its samples do, or only says success",
        "the samples of holdOrder",
    ),
    Reading(
        "tracking-numbers",
        "bibi",
        ("single", "joined"),
        "each tracking number of a part has a field of its own, or all of them are in one field, separated by commas",
        "orderStatus shows one",
    ),
    # -- BiBi: answers and tokens
    Reading(
        "new-token", "bibi", ("keeps-old", "ends-old"), "whether a new token makes the one before useless", "not said"
    ),
    Reading(
        "authorization",
        "bibi",
        ("either", "stripped"),
        "a proxy lets the Authorization header through, or strips it so that only X-Authorization arrives",
        '"you can use the X-Authorization header"',
    ),
    Reading(
        "refusal-status",
        "bibi",
        ("200", "400"),
        "the HTTP status of a refusal; its body says success false either way",
        "the samples show success false with code 400 and no HTTP status",
    ),
    Reading(
        "success-status",
        "bibi",
        ("201", "200"),
        "the HTTP status and code of a success",
        '"some API calls may return 201 instead"',
    ),
    Reading(
        "pages",
        "bibi",
        ("one", "several"),
        "lists come whole (orders and products by the hundred), or every list comes in up to three pages",
        '"data limits come into play when a response returns large amounts of data"',
    ),
    # -- BiBi: goods
    Reading(
        "list-product",
        "bibi",
        ("number", "id"),
        "listProduct finds a product by its product_number, or by its third_party_id_no",
        '"based on the ID specified in the end point URL"; the sample has both',
    ),
    Reading(
        "upsert-messages",
        "bibi",
        ("each", "whole"),
        "a product that upsertProducts does not take is refused in its own message, or the whole call is refused",
        "the answer has one message for each product",
    ),
    Reading(
        "stock-numbers",
        "bibi",
        ("sample", "text", "numbers"),
        "stock figures come as the sample of listProducts has them (partly text), or all as text, or all as numbers",
        "the samples of listProduct and listProducts differ",
    ),
    Reading(
        "bom",
        "bibi",
        ("json", "form"),
        "bills of materials are posted as the JSON body of the request, or in the form field `json`",
        '"a request with a JSON encoded payload"; all other calls post forms',
    ),
    Reading(
        "kit-stock",
        "bibi",
        ("components", "kit"),
        "a kit on order shows as allocated in its components, or in itself",
        "not said",
    ),
    # -- Billbee
    Reading(
        "total",
        "billbee",
        ("including", "excluding"),
        "TotalCost includes ShippingCost, or not",
        'every recording includes it; the swagger says "excluding"',
    ),
    Reading(
        "zone",
        "billbee",
        ("utc", "berlin"),
        "the zone of dates without an offset, in answers and in filters",
        "no document names one",
    ),
    Reading(
        "date-form",
        "billbee",
        ("naive", "offset"),
        "dates in answers come without an offset, or with one",
        "recordings have both",
    ),
    Reading(
        "tag-filter",
        "billbee",
        ("folded", "exact"),
        "whether the `tag` filter of the order list minds case",
        '"Tags are not case sensitive" is said of adding them',
    ),
    Reading(
        "hub-not-found",
        "billbee",
        ("200", "404"),
        "an order that does not exist is an error within HTTP 200, or HTTP 404",
        "the swagger shows neither",
    ),
    Reading(
        "error-message",
        "billbee",
        ("with-code", "without-code"),
        "an error has an ErrorCode, or only an ErrorMessage while its ErrorCode is 0",
        "the C# client takes an answer with an ErrorMessage for an error",
    ),
    Reading(
        "void-answers",
        "billbee",
        ("envelope", "empty"),
        "setting a state and adding a shipment answer the envelope, or an empty body",
        "the swagger names no body",
    ),
    Reading(
        "carriers",
        "billbee",
        ("identifiers", "display-names", "failing", "empty"),
        "the enum of carriers holds identifiers (usPostalService) or display names (USPS), always fails, or is empty",
        "the C# client's enum",
    ),
    Reading(
        "enum-shape",
        "billbee",
        ("list", "map"),
        "enums come as a list of {Id, Name}, or as a map of id to name",
        'the swagger says "object"',
    ),
    Reading(
        "shipment-numbers",
        "billbee",
        ("present", "null"),
        "whether shipments that the merchant makes by hand show their number in ShippingId",
        "it is null in every recording of such a shipment",
    ),
    Reading(
        "webhook-signature",
        "billbee",
        ("ms", "base64", "hex"),
        "webhooks are signed in ms-signature as ASP.NET WebHooks does, or in X-Billbee-Signature, in base64 or hex",
        "public clients differ",
    ),
    Reading(
        "webhook-filters",
        "billbee",
        ("all", "created", "star"),
        "GET webhooks/filters offers every event, or order.created alone, or * alone",
        "the swagger does not list them",
    ),
)
"""Every open reading, by vendor and topic."""

_BY_NAME: Final = {reading.name: reading for reading in READINGS}


class Readings(Mapping[str, str]):
    """The readings of one simulator: by name, the value in force."""

    def __init__(self, vendor: Vendor, chosen: Mapping[str, str] | None = None) -> None:
        self._vendor = vendor
        self._values: dict[str, str] = {}
        self.choose(chosen or {})

    def choose(self, chosen: Mapping[str, str]) -> None:
        """Put `chosen` in force, and the default of every other reading.

        Raises:
            BadReading: for a reading that this vendor does not have, and for a value that it does not take.
        """
        for name, value in chosen.items():
            reading = checked(name, value)
            if reading.vendor != self._vendor:
                raise BadReading(f"{name} is a reading of {reading.vendor}, not of {self._vendor}")
        self._values = {one.name: one.default for one in READINGS if one.vendor == self._vendor} | dict(chosen)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def checked(name: str, value: str) -> Reading:
    """The reading of that name. Raises BadReading if there is none, or if it does not take `value`."""
    reading = _BY_NAME.get(name)
    if reading is None:
        nearest = get_close_matches(name, _BY_NAME, n=1, cutoff=0)[0]
        raise BadReading(f"there is no reading {name[:40]!r}: did you mean {nearest!r}?")
    if not reading.takes(value):
        raise BadReading(f"{name} is {reading.allowed}, not {value[:40]!r}")
    return reading


def parsed(written: Iterable[str]) -> dict[str, str]:
    """Readings written as NAME=VALUE, by name; the last one of a name counts. Raises BadReading."""
    chosen: dict[str, str] = {}
    for one in written:
        name, equals, value = (part.strip() for part in one.partition("="))
        if not equals:
            raise BadReading(f"{one[:40]!r} is not NAME=VALUE")
        checked(name, value)
        chosen[name] = value
    return chosen


def of_vendor(vendor: Vendor, chosen: Mapping[str, str]) -> dict[str, str]:
    """Those of the chosen readings that are about one vendor."""
    return {name: value for name, value in chosen.items() if _BY_NAME[name].vendor == vendor}


def table() -> str:
    """All readings as a table of a Markdown page."""
    lines = [
        "| reading | of | values, the default first | what it decides | source |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in READINGS:
        values = ", ".join([*(f"`{value}`" for value in one.values), *(["letters and digits"] if one.pattern else [])])
        vendor = {"bibi": "BiBi", "billbee": "Billbee"}[one.vendor]
        lines.append(f"| `{one.name}` | {vendor} | {values} | {one.meaning} | {one.source} |")
    return "\n".join(lines)


def listing() -> str:
    """All readings as text: name, values (the default first), meaning and source."""
    lines = []
    for one in READINGS:
        lines.append(f"{one.name}={one.allowed}    ({one.vendor}; default: {one.default})")
        lines.append(f"    {one.meaning}")
        lines.append(f"    source: {one.source}")
    return "\n".join(lines)
