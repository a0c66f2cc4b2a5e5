"""Strict reading of the JSON that submitOrder and updateOrder take: known fields, types, codes and sums.

The field names and nesting are those of the documents' sample request. Fields that do not matter to the
warehouse's books (credit cards, retail terms …) are checked for their names only.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from local.simulators.bibi import lists
from local.simulators.bibi.lists import words

Money = Decimal
NUMBER_LENGTH = 20  # item numbers; the documents name no limit for order numbers

_PERSON = words(
    """
    FirstName MiddleInitial LastName CompanyName Address1 Address2 Address3 City State ZipCode CountryCd
    DayPhone Email
    """
)
_HEADER = words(
    """
    OrderNumber EntryDate FutureDate Source ProdDollars PHAmt TaxAmt RushProcessing PayMethod Comment
    EntireOrderInstallment AffiliateMarketing
    """
)
_RETAIL = words(
    """
    CancelDate Carrier CarrierDetails CarrierServiceLevel DeliveryDate DepartmentNumber
    PaymentTermsDescription PaymentTermsDiscountAmount PaymentTermsDiscDaysDue PaymentTermsDiscDueDate
    PaymentTermsNetDays PaymentTermsNetDueDate PaymentTermsPercentage PoPurpose PoTotalWeight PoType
    PoolNumber RequestedDeliveryDate RetailComments ShiptoDc StartShipDate StoreNumber VendorNumber
    """
)
_LINE = ["LineNo", "ItemNo", "Amount", "Quantity", "Description", "Ship-Meth-Cd", "BillTable"]
_ORDER = words(
    """
    Header Billing CreditCardInfo CheckInfo CustomerProfiles PaypalTransactionID ProductManifest Shipping
    """
)
_REQUIRED_OF_A_PERSON = ["Address1", "City", "ZipCode", "CountryCd"]


DISCOUNTS = {"discounts": ["Discounts"], "coupons": ["Coupons"], "either": ["Discounts", "Coupons"]}
_COUPON = ["CouponType", "CouponNumber", "DollarDiscountAmount", "PercentageDiscount"]


@dataclass(frozen=True)
class Rules:
    """What can be ordered at an account.

    item_problem: says why an item number cannot be ordered, None when it can.
    sources: its offer codes; None takes any.
    any_rush: whether RushProcessing may be any text.
    discounts: where a discount may be, a key of `DISCOUNTS`.
    """

    item_problem: Callable[[str], str | None]
    sources: frozenset[str] | None
    pay_methods: frozenset[str]
    ship_methods: frozenset[str]
    any_rush: bool = False
    discounts: str = "discounts"


class Invalid(Exception):
    """The order is refused; the text is the message of the answer."""


@dataclass(frozen=True)
class Line:
    line_no: int
    item_no: str
    amount: Money
    quantity: int
    description: str
    ship_method: str


@dataclass(frozen=True)
class Submission:
    """One order on the books. `body` is the order as sent."""

    number: str
    entered: datetime | None  # America/Chicago, naive as sent
    future_date: str
    source: str
    prod_dollars: Money
    ph_amt: Money
    tax_amt: Money
    discounts: list[tuple[str, Money, str]]
    rush: bool
    comment: str
    bill_to: dict[str, str]
    ship_to: dict[str, str]
    lines: list[Line]
    body: dict[str, Any]

    @property
    def discount_total(self) -> Money:
        return sum((amount for _, amount, kind in self.discounts if kind == "fixed_amount"), Money(0))


def read_orders(body: Any) -> tuple[bool, list[Any]]:
    """Whether the request is a test, and its orders, not yet read one by one."""
    _known(body, ["Test", "Orders"], "request")
    if body.get("Test") not in ("T", "F"):
        raise Invalid("Test must be T or F.")
    orders = body.get("Orders")
    if not isinstance(orders, list) or not orders:
        raise Invalid("Orders must be a list of at least one order.")
    return body["Test"] == "T", orders


def number_in(entry: Any) -> str | None:
    """The order number of an entry that may have other mistakes."""
    try:
        number = entry["Order"]["Header"]["HeaderGroup"]["OrderNumber"]
    except (KeyError, TypeError):
        return None
    return number if isinstance(number, str) else None


def read_order(entry: Any, rules: Rules) -> Submission:
    """One entry of Orders. Raises `Invalid`."""
    _known(entry, ["Order"], "Orders entry")
    order = _known(entry.get("Order"), [*_ORDER, *DISCOUNTS[rules.discounts]], "Order")
    header = _known(order.get("Header"), ["HeaderGroup", "Retail"], "Header")
    group = _known(header.get("HeaderGroup"), _HEADER, "HeaderGroup")
    number = group.get("OrderNumber")
    if not isinstance(number, str) or not number.strip():
        raise Invalid("OrderNumber is missing.")
    try:
        return _read(number, order, header, group, rules)
    except Invalid as problem:
        raise Invalid(f"Order {number}: {problem}") from None


def check_sums(order: Submission) -> None:
    """Refuse an order whose ProdDollars is not the sum of its lines."""
    total = sum((line.amount * line.quantity for line in order.lines), Money(0))
    # Unit prices are rounded to cents, so that each unit may be off by half a cent.
    leeway = Money("0.005") * sum(line.quantity for line in order.lines) + Money("0.01")
    if abs(total - order.prod_dollars) > leeway:
        raise Invalid(f"Order {order.number}: ProdDollars {order.prod_dollars} does not match the products' {total}.")


def _read(
    number: str,
    order: dict[str, Any],
    header: dict[str, Any],
    group: dict[str, Any],
    rules: Rules,
) -> Submission:
    if "Retail" in header:
        _known(header["Retail"], _RETAIL, "Retail")
    if group.get("PayMethod") not in rules.pay_methods:
        raise Invalid(f"PayMethod '{group.get('PayMethod')}' is not known.")
    rush = group.get("RushProcessing", "")
    if not isinstance(rush, str) or (not rules.any_rush and rush not in ("", "Yes", "N")):
        raise Invalid("RushProcessing must be Yes or N.")
    if group.get("EntireOrderInstallment", "") not in ("", "Y", "N"):
        raise Invalid("EntireOrderInstallment must be Y or N.")
    source = _text(group, "Source")
    if not source or (rules.sources is not None and source not in rules.sources):
        raise Invalid(f"Source '{source}' is not known.")
    lines = _lines(order.get("ProductManifest"), rules)
    shipping = _known(order.get("Shipping"), ["Shipto"], "Shipping")
    billing = _known(order.get("Billing"), ["Billto"], "Billing")
    return Submission(
        number=number,
        entered=_entry_date(_text(group, "EntryDate")),
        future_date=_future_date(_text(group, "FutureDate")),
        source=source,
        prod_dollars=_money(group, "ProdDollars"),
        ph_amt=_money(group, "PHAmt"),
        tax_amt=_money(group, "TaxAmt"),
        discounts=[*_discounts(order.get("Discounts", [])), *_coupon(order.get("Coupons", {}))],
        rush=rush == "Yes",
        comment=_text(group, "Comment"),
        bill_to=_person(billing.get("Billto"), "Billto"),
        ship_to=_person(shipping.get("Shipto"), "Shipto"),
        lines=lines,
        body=order,
    )


def _lines(manifest: Any, rules: Rules) -> list[Line]:
    products = _known(manifest, ["Product"], "ProductManifest").get("Product")
    if not isinstance(products, list) or not products:
        raise Invalid("ProductManifest has no Product.")
    lines = []
    for place, product in enumerate(products, start=1):
        _known(product, _LINE, f"Product {place}")
        if str(product.get("LineNo", "")) != str(place):
            raise Invalid(f"LineNo of product {place} must be {place}.")
        item_no = product.get("ItemNo")
        if not isinstance(item_no, str) or not item_no:
            raise Invalid(f"ItemNo of line {place} is missing.")
        if len(item_no) > NUMBER_LENGTH:
            raise Invalid(f"ItemNo {item_no} of line {place} is longer than {NUMBER_LENGTH} characters.")
        if problem := rules.item_problem(item_no):
            raise Invalid(f"ItemNo {item_no} of line {place} {problem}.")
        method = str(product.get("Ship-Meth-Cd", ""))
        if method not in rules.ship_methods:
            raise Invalid(f"Ship-Meth-Cd '{method}' of line {place} is not known.")
        lines.append(
            Line(
                line_no=place,
                item_no=item_no,
                amount=_money(product, "Amount"),
                quantity=_quantity(product.get("Quantity"), place),
                description=_text(product, "Description"),
                ship_method=method,
            )
        )
    return lines


def _quantity(value: Any, place: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"[1-9]\d*", value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise Invalid(f"Quantity of line {place} must be a positive whole number.")


def _discounts(entries: Any) -> list[tuple[str, Money, str]]:
    if not isinstance(entries, list):
        raise Invalid("Discounts must be a list.")
    found = []
    for entry in entries:
        _known(entry, ["Code", "Amount", "Type"], "Discounts entry")
        kind = entry.get("Type")
        if kind not in ("fixed_amount", "percentage"):
            raise Invalid("Type of a discount must be fixed_amount or percentage.")
        # A negative amount is documented as a fee, so both signs are accepted.
        found.append((_text(entry, "Code"), _decimal(entry.get("Amount"), "Amount of a discount"), kind))
    return found


def _coupon(coupons: Any) -> list[tuple[str, Money, str]]:
    """The one coupon of updateOrder's sample, an amount or a percentage; none where both are empty."""
    coupon = _known(_known(coupons, ["Coupon"], "Coupons").get("Coupon", {}), _COUPON, "Coupon")
    code = _text(coupon, "CouponNumber")
    return [
        (code, _decimal(coupon[name], name), kind)
        for name, kind in (("DollarDiscountAmount", "fixed_amount"), ("PercentageDiscount", "percentage"))
        if coupon.get(name) not in (None, "")
    ]


def _person(person: Any, where: str) -> dict[str, str]:
    _known(person, _PERSON, where)
    read = {name: _text(person, name) for name in _PERSON}
    missing = [name for name in _REQUIRED_OF_A_PERSON if not read[name].strip()]
    if not (read["LastName"].strip() or read["CompanyName"].strip()):
        missing.append("LastName or CompanyName")
    if missing:
        raise Invalid(f"{where} {missing[0]} is missing.")
    if read["CountryCd"] not in lists.COUNTRY_CODES:
        raise Invalid(f"{where} CountryCd '{read['CountryCd']}' is not an ISO 3166-1 alpha-2 code.")
    if read["CountryCd"] == "US" and read["State"] not in lists.STATE_CODES:
        raise Invalid(f"{where} State '{read['State']}' is not a two-letter state code.")
    return read


def _known(value: Any, names: list[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(f"{where} is missing or not an object.")
    unknown = value.keys() - set(names)
    if unknown:
        raise Invalid(f"{where} has the unknown field {min(unknown)}.")
    return value


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name, "")
    if not isinstance(value, str):
        raise Invalid(f"{name} must be text.")
    return value


def _money(holder: Mapping[str, Any], name: str) -> Money:
    amount = _decimal(holder.get(name), name)
    if amount < 0:
        raise Invalid(f"{name} must not be negative.")
    return amount


def _decimal(value: Any, name: str) -> Money:
    """A number or a number as text, at most to the cent."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Invalid(f"{name} must be a number.")
    try:
        amount = Money(str(value))
    except InvalidOperation:
        raise Invalid(f"{name} must be a number.") from None
    if not amount.is_finite() or amount != amount.quantize(Money("0.01")):
        raise Invalid(f"{name} must be an amount in dollars and cents.")
    return amount


def _entry_date(written: str) -> datetime | None:
    if not written:
        return None
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y%m%d"):
        try:
            return datetime.strptime(written, form)  # noqa: DTZ007 - local time of Chicago, see `Submission`
        except ValueError:
            continue
    raise Invalid("EntryDate must be YYYYMMDD, YYYY-MM-DD or YYYY-MM-DD HH:MM:SS.")


def _future_date(written: str) -> str:
    """As orderStatus shows it: YYYY-MM-DD, or zeros where there is none."""
    if not written:
        return "0000-00-00"
    if not re.fullmatch(r"\d{8}", written):
        raise Invalid("FutureDate must be YYYYMMDD.")
    try:
        return date.fromisoformat(f"{written[:4]}-{written[4:6]}-{written[6:]}").isoformat()
    except ValueError:
        raise Invalid("FutureDate must be YYYYMMDD.") from None
