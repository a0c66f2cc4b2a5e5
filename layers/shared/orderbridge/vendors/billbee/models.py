"""Billbee's wire format: only the fields that are used, each as lenient as what Billbee sends.

Names follow Billbee's swagger. Missing and null fields become empty values. An unreadable field is an error of its
order, never of the whole page.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AliasGenerator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_pascal

from orderbridge.platform.texts import one_line, without_unseen
from orderbridge.vendors.http import whole

_BILLBEE_ZONE = ZoneInfo("Europe/Berlin")
_YEARS = (1970, 9000)
_LARGEST = 1_000_000_000
"""No amount or quantity of a real order is larger; an order with a larger one is rejected as unreadable."""
_PLACES = 30
"""No amount has more decimals, floats included; 1E-999999999 is a short text, but a billion digits when written out."""
LARGEST_ID = 10**18
"""No number of an order or product is larger; the table's keys have room for twenty digits."""


def clean(text: str) -> str:
    """Trimmed, and without lone surrogates: .NET may cut texts in the middle of an emoji."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()


def _text(value: object) -> object:
    if value is None:
        return ""
    return clean(str(value)) if isinstance(value, str | int | Decimal) else value


def _moment(value: object) -> datetime | None:
    """Times come without a documented zone; those without an offset are read as German time.

    Year 1 is .NET's value for a time that is not set.
    """
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=_BILLBEE_ZONE)).astimezone(UTC)


Text = Annotated[str, BeforeValidator(_text)]
Line = Annotated[str, AfterValidator(one_line), BeforeValidator(_text)]


def _code(text: str) -> str:
    """A SKU or EAN without control and invisible characters; blanks within it may be part of it."""
    return without_unseen(" ".join(re.split(r"[\t\r\n\v\f]+", text))).strip()


Code = Annotated[str, AfterValidator(_code), BeforeValidator(_text)]


def _joined(text: str) -> str:
    """The lines of a text in one line, e.g. those of an engraving."""
    return " / ".join(line for line in map(one_line, text.splitlines()) if line)


Lines = Annotated[str, AfterValidator(_joined), BeforeValidator(_text)]


def _no_flag(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number, not true or false")
    return value


Id = Annotated[int, BeforeValidator(_no_flag), Field(ge=-LARGEST_ID, le=LARGEST_ID)]


def _link(value: object) -> object:
    """The number of another order; one that cannot be read is no reason to reject the order."""
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value) if len(value) < 20 else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_ID else None


Link = Annotated[int | None, BeforeValidator(_link)]


def _or_zero(value: object) -> object:
    return 0 if value in (None, "") else value


_AMOUNT: Any = Field(allow_inf_nan=False, ge=-_LARGEST, le=_LARGEST, decimal_places=_PLACES)
Number = Annotated[Decimal, BeforeValidator(_or_zero), _AMOUNT]
_RATE: Any = Field(allow_inf_nan=False, ge=0, le=100, decimal_places=_PLACES)
Percent = Annotated[Decimal, BeforeValidator(_or_zero), _RATE]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]


def _positive(value: object) -> Decimal | None:
    """A weight or a count that nothing depends on. One that is not known, or makes no sense, is None, so that no order
    and no product is rejected for it.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        found = Decimal(value if isinstance(value, int) else str(value))
    except ArithmeticError:
        return None
    return found if found.is_finite() and 0 < found <= _LARGEST else None


Positive = Annotated[Decimal | None, BeforeValidator(_positive)]


def _warning_levels(stocks: object) -> dict[int, Decimal]:
    """The level of each of a product's stocks, by its number, below which the merchant wants to be warned."""
    found = {}
    for one in stocks if isinstance(stocks, list) else ():
        number = (one.get("StockId") or 0) if isinstance(one, dict) else None
        if isinstance(number, int) and (level := _positive(one.get("StockWarning"))) is not None:
            found[int(number)] = level
    return found


Flag = Annotated[bool, BeforeValidator(lambda value: value is not None and value)]


def _list(value: object) -> object:
    return [] if value is None else value


class Wire(BaseModel):
    model_config = ConfigDict(
        defer_build=True,  # each function uses a few of them, and building one takes milliseconds
        alias_generator=AliasGenerator(validation_alias=to_pascal),
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )


class WireAddress(Wire):
    first_name: Line = ""
    last_name: Line = ""
    company: Line = ""
    name_addition: Line = ""
    street: Line = ""
    house_number: Line = ""
    line2: Line = ""
    zip: Line = ""
    city: Line = ""
    state: Line = ""
    country_code: Annotated[Line, Field(validation_alias="CountryISO2")] = ""
    country: Line = ""
    email: Line = ""
    phone: Line = ""


def _contact(value: object) -> str:
    """A phone or e-mail: as a text, or as the ``Value`` of an object. Others do not make an order unreadable."""
    value = fold_keys(value).get("Value") if isinstance(value, dict) else value
    return one_line(clean(value)) if isinstance(value, str) else ""


Contact = Annotated[str, BeforeValidator(_contact)]


class WireCustomer(Wire):
    """The buyer in the list of customers; each of these may be the only one that is there."""

    email: Contact = ""
    default_mail_address: Contact = ""
    default_status_updates_mail_address: Contact = ""
    tel1: Contact = ""
    tel2: Contact = ""
    default_phone1: Contact = ""
    default_phone2: Contact = ""


def _dict_or_none(value: object) -> object:
    return value if isinstance(value, dict) else None


class WireProduct(Wire):
    title: Line = ""
    sku: Annotated[Code, Field(validation_alias="SKU")] = ""
    is_digital: Flag = False
    billbee_id: Id | None = None
    type: int | None = None
    weight: Positive = None


class WireAttribute(Wire):
    name: Line = ""
    value: Lines = ""


class WireItem(Wire):
    billbee_id: Link = None
    product: WireProduct | None = None
    quantity: Number = Decimal(0)
    total_price: Number = Decimal(0)
    tax_amount: Annotated[Decimal, _AMOUNT] | None = None
    tax_index: int | None = None
    is_coupon: Flag = False
    attributes: Annotated[list[WireAttribute], BeforeValidator(_list)] = []
    invoice_sku: Annotated[Code, Field(validation_alias="InvoiceSKU")] = ""


class WireShipment(Wire):
    shipping_id: Text = ""
    shipment_type: int | None = None


class WireComment(Wire):
    from_customer: Flag = False
    text: Text = ""


def _shop(value: object) -> tuple[str, ...]:
    """The id, name and platform of the shop; nothing of a seller that cannot be read."""
    seller = value if isinstance(value, dict) else {}
    texts = [clean(name) for name in map(seller.get, ("BillbeeShopName", "Platform")) if isinstance(name, str)]
    shop_id = whole(seller.get("BillbeeShopId"), LARGEST_ID)
    return tuple(text for text in (str(shop_id or ""), *texts) if text)


class WireOrder(Wire):
    bill_bee_order_id: Id
    shop: Annotated[tuple[str, ...], Field(validation_alias="Seller"), BeforeValidator(_shop)] = ()
    bill_bee_parent_order_id: Link = None
    is_cancelation_for: Text = ""
    order_number: Text = ""
    state: int | None = None
    tags: Annotated[list[Text], BeforeValidator(_list)] = []
    created_at: Moment = None
    payed_at: Moment = None
    payment_method: int | None = None
    archived_at: Moment = None
    currency: Text = ""
    total_cost: Number = Decimal(0)
    shipping_cost: Number = Decimal(0)
    adjustment_cost: Number = Decimal(0)
    adjustment_reason: Line = ""
    vat_mode: int | None = None
    tax_rate1: Percent = Decimal(0)
    tax_rate2: Percent = Decimal(0)
    shipping_address: WireAddress | None = None
    invoice_address: WireAddress | None = None
    customer: Annotated[WireCustomer | None, BeforeValidator(_dict_or_none)] = None
    order_items: Annotated[list[WireItem], BeforeValidator(_list)] = []
    shipping_ids: Annotated[list[WireShipment], BeforeValidator(_list)] = []
    comments: Annotated[list[WireComment], BeforeValidator(_list)] = []
    shipping_provider_product_name: Text = ""
    shipping_profile_name: Text = ""


class WireIdentity(Wire):
    """The fields of an order that show whether it is ours."""

    bill_bee_order_id: Id
    tags: Annotated[list[Text], BeforeValidator(_list)] = []


class WireTraces(Wire):
    """The fields of an order that show what was posted to it."""

    shipping_ids: Annotated[list[WireShipment], BeforeValidator(_list)] = []
    comments: Annotated[list[WireComment], BeforeValidator(_list)] = []


class WireComponent(Wire):
    amount: Number = Decimal(0)
    article_id: Id | None = None
    sku: Annotated[Code, Field(validation_alias="SKU")] = ""


class WireArticle(Wire):
    id: int | None = None
    sku: Annotated[Code, Field(validation_alias="SKU")] = ""
    bill_of_material: Annotated[list[WireComponent], BeforeValidator(_list)] = []


class WireText(Wire):
    """A text in one language."""

    language_code: Text = ""
    text: Text = ""


class WireProductDetails(Wire):
    """A product of the merchant's account. Weights are grams, sizes centimetres."""

    id: Id
    sku: Annotated[Code, Field(validation_alias="SKU")] = ""
    ean: Annotated[Code, Field(validation_alias="EAN")] = ""
    type: int | None = None
    title: Annotated[list[WireText], BeforeValidator(_list)] = []
    short_description: Annotated[list[WireText], BeforeValidator(_list)] = []
    description: Annotated[list[WireText], BeforeValidator(_list)] = []
    price: Number = Decimal(0)
    vat_index: int | None = None
    vat1_rate: Percent = Decimal(0)
    vat2_rate: Percent = Decimal(0)
    cost_price: Number = Decimal(0)
    weight: Number = Decimal(0)
    width_cm: Number = Decimal(0)
    length_cm: Number = Decimal(0)
    height_cm: Number = Decimal(0)
    taric_number: Text = ""
    bill_of_material: Annotated[list[WireComponent], BeforeValidator(_list)] = []
    stock_reduce_items_per_sale: Number = Decimal(0)
    sold_amount_last30_days: Annotated[Positive, Field(validation_alias="SoldAmountLast30Days")] = None
    stock_warning: Positive = None
    stocks: Annotated[dict[int, Decimal], BeforeValidator(_warning_levels)] = {}
    is_digital: Flag = False
    is_deactivated: Flag = False


class WireStockPlace(Wire):
    """One of a product's stocks. Unfulfilled pieces are sold and not yet shipped."""

    stock_id: Annotated[int, BeforeValidator(_or_zero), BeforeValidator(_no_flag)] = 0
    stock_current: Number = Decimal(0)
    unfulfilled_amount: Number = Decimal(0)


class WireProductStock(Wire):
    sku: Annotated[Text, Field(validation_alias="SKU")] = ""
    stocks: Annotated[list[WireStockPlace], BeforeValidator(_list)] = []


class WireStockResult(Wire):
    sku: Annotated[Text, Field(validation_alias="SKU")] = ""
    current_stock: Annotated[Decimal, _AMOUNT] | None = None
    unfulfilled_amount: Number = Decimal(0)


class WireNamed(Wire):
    """An entry of one of Billbee's lists."""

    id: Id
    name: Text = ""


class WireStock(Wire):
    """A stock of the account; with several, the default one may have any number."""

    id: Id
    name: Text = ""
    is_default: Flag = False


class WireShippingProduct(Wire):
    """A product of a shipping provider. It has two names, and neither field is called ``name``."""

    id: Id
    display_name: Text = ""
    product_name: Text = ""
    name: Text = ""


class WireProvider(Wire):
    """A shipping provider. Each of its products is read on its own."""

    id: Id
    name: Text = ""
    products: Any = None


class WireWebhook(Wire):
    """A registered webhook. Its secret never shows in a repr."""

    id: Text = ""
    url: Annotated[Text, Field(validation_alias="WebHookUri")] = ""
    secret: SecretStr | None = None
    filters: Annotated[list[Text], BeforeValidator(_list)] = []
    description: Text = ""
    is_paused: Flag = False


def fold_keys(value: dict[str, Any]) -> dict[str, Any]:
    """Keys with a capital first letter, because some of Billbee's lists use camel case."""
    return {key[:1].upper() + key[1:]: entry for key, entry in value.items()}
