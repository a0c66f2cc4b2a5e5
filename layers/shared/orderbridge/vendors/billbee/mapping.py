"""Billbee's orders and lists into the rooms' values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from orderbridge.ledger.order import Address, Attribute, LineKind, Order, OrderLine
from orderbridge.ledger.pricing import rounded, smallest_unit
from orderbridge.ledger.sku import Sku
from orderbridge.orders.webhooks import Webhook
from orderbridge.platform.observability import logger
from orderbridge.platform.texts import without_unseen
from orderbridge.products.kits import KitComponent
from orderbridge.products.products import Product
from orderbridge.stock.figures import ShopStock, StockAnswer, StockLevel
from orderbridge.tracking.carriers import ShippingProduct, ShippingProvider
from orderbridge.tracking.tracking_numbers import split_numbers
from orderbridge.vendors.billbee.envelope import INTERNAL_ERROR, find_complaint
from orderbridge.vendors.billbee.models import (
    LARGEST_ID,
    Wire,
    WireAddress,
    WireCustomer,
    WireIdentity,
    WireItem,
    WireNamed,
    WireOrder,
    WireProductDetails,
    WireProductStock,
    WireProvider,
    WireShipment,
    WireShippingProduct,
    WireStock,
    WireStockResult,
    WireText,
    WireTraces,
    WireWebhook,
    clean,
    fold_keys,
)
from orderbridge.vendors.http import whole

Entry = TypeVar("Entry", bound=Wire)

_BUNDLE = 2
_RETURN = 1


def to_order(raw: object, read_at: datetime) -> Order | None:
    """One order of an answer, or None for an entry without an order id.

    An order with unreadable fields has ``unreadable`` set, so that it is rejected with a reason and does not hold up
    the others.
    """
    if not isinstance(raw, dict):
        return None
    try:
        return _order(WireOrder.model_validate(raw), read_at)
    except ValidationError as error:
        return _unreadable(raw, error, read_at)


def is_known(raw: object) -> bool:
    """Whether a row has an order id and tags. Without them it is not known whether the order is ours."""
    try:
        WireIdentity.model_validate(raw)
    except ValidationError:
        return False
    return True


def _order(wire: WireOrder, read_at: datetime) -> Order:
    return Order(
        id=wire.bill_bee_order_id,
        number=wire.order_number,
        shop=wire.shop,
        state=wire.state or 0,
        tags=tuple(wire.tags),
        placed_at=wire.created_at,
        paid_at=wire.payed_at,
        payment_type=wire.payment_method,
        read_at=read_at,
        archived=wire.archived_at is not None,
        currency=wire.currency,
        total=wire.total_cost,
        shipping_cost=wire.shipping_cost,
        adjustment=wire.adjustment_cost,
        adjustment_reason=wire.adjustment_reason,
        shipping=_address(wire.shipping_address),
        billing=_address(wire.invoice_address),
        **_contact(wire.customer),
        lines=tuple(_line(item, wire) for item in wire.order_items),
        shipping_product=wire.shipping_provider_product_name,
        shipping_profile=wire.shipping_profile_name,
        buyer_message="\n".join(without_unseen(c.text) for c in wire.comments if c.from_customer and c.text),
        tracking_numbers=_parcels(wire.shipping_ids, returned=False),
        return_tracking_numbers=_parcels(wire.shipping_ids, returned=True),
        comments=tuple(c.text for c in wire.comments if not c.from_customer),
        parent=wire.bill_bee_parent_order_id,
        cancels=wire.is_cancelation_for,
    )


def _unreadable(raw: dict[str, Any], error: ValidationError, read_at: datetime) -> Order | None:
    order_id, state, tags = raw.get("BillBeeOrderId"), raw.get("State"), raw.get("Tags")
    if isinstance(order_id, str) and order_id.strip().isdecimal():
        order_id = whole(order_id, LARGEST_ID)
    if not isinstance(order_id, int) or isinstance(order_id, bool) or abs(order_id) > LARGEST_ID:
        return None
    wrong = error.errors(include_url=False, include_input=False, include_context=False)
    return Order(
        **traces(raw),
        id=order_id,
        state=state if isinstance(state, int) else 0,
        tags=tuple(clean(str(tag)) for tag in tags) if isinstance(tags, list) else (),
        read_at=read_at,
        unreadable=tuple(f"{'.'.join(str(p) for p in one['loc'])}: {one['msg']}" for one in wrong[:5]),
    )


def traces(raw: object) -> dict[str, Any]:
    """What was posted to an order and must not be posted again; empty if it cannot be read."""
    try:
        wire = WireTraces.model_validate(raw)
    except ValidationError:
        return {}
    return {
        "tracking_numbers": _parcels(wire.shipping_ids, returned=False),
        "return_tracking_numbers": _parcels(wire.shipping_ids, returned=True),
        "comments": tuple(c.text for c in wire.comments if not c.from_customer),
    }


def _parcels(shipments: Sequence[WireShipment], *, returned: bool) -> tuple[str, ...]:
    """The tracking numbers. A shipment that was entered by hand has none and is not a parcel of ours."""
    kind = (one.shipping_id for one in shipments if (one.shipment_type == _RETURN) is returned)
    return tuple(dict.fromkeys(number for field in kind for number in split_numbers(field)))


def _address(wire: WireAddress | None) -> Address | None:
    if wire is None:
        return None
    return Address(postcode=wire.zip, **wire.model_dump(exclude={"zip"}))


def _contact(customer: WireCustomer | None) -> dict[str, str]:
    if customer is None:
        return {}
    emails = (customer.email, customer.default_mail_address, customer.default_status_updates_mail_address)
    phones = (customer.tel1, customer.tel2, customer.default_phone1, customer.default_phone2)
    return {"phone": next(filter(None, phones), ""), "email": next(filter(None, emails), "")}


def _line(item: WireItem, order: WireOrder) -> OrderLine:
    product = item.product
    return OrderLine(
        kind=_kind(item),
        sku=(product.sku if product else "") or item.invoice_sku,
        title=product.title if product else "",
        quantity=item.quantity,
        price=item.total_price,
        tax=_tax(item, order),
        is_bundle=bool(product and product.type == _BUNDLE),
        product_id=product.billbee_id if product else None,
        attributes=tuple(Attribute(name=one.name, value=one.value) for one in item.attributes if one.name or one.value),
        position=item.billbee_id,
        grams=product.weight if product else None,
    )


def _kind(item: WireItem) -> LineKind:
    if item.is_coupon or item.total_price < 0:
        return LineKind.DISCOUNT
    return LineKind.DIGITAL if item.product and item.product.is_digital else LineKind.GOODS


def _tax(item: WireItem, order: WireOrder) -> Decimal:
    """The tax in a line's price: as given, otherwise computed from the gross price with the rate that ``TaxIndex``
    names. In any ``VatMode`` but 0 there is no tax, whatever the rates.
    """
    if order.vat_mode:
        return Decimal(0)
    if item.tax_amount is not None:
        return item.tax_amount
    rate = {1: order.tax_rate1, 2: order.tax_rate2}.get(item.tax_index or 0, Decimal(0))
    if item.is_coupon:
        return Decimal(0)
    return rounded(item.total_price * rate / (100 + rate), smallest_unit(order.currency))


def to_carriers(data: object) -> dict[str, int]:
    """Billbee's carriers by name; empty if the list cannot be read.

    The shape is undocumented: a list of ``{Id, Name}``, or a map either way round. The names are identifiers
    (``usPostalService``) or display names ("USPS").
    """
    if isinstance(data, dict):
        found: dict[str, int] = {}
        for key, value in data.items():
            if (number := whole(key)) is not None:
                found |= {value: number} if isinstance(value, str) and value else {}
            elif (number := whole(value)) is not None:
                found[str(key)] = number
        return found
    return {entry.name: entry.id for entry in readable(WireNamed, data) if entry.name}


def to_providers(data: object) -> tuple[ShippingProvider, ...]:
    """The shipping providers of a merchant's account, each with its products."""
    return tuple(
        ShippingProvider(
            provider.id,
            provider.name,
            tuple(
                ShippingProduct(product.id, (product.display_name or product.name, product.product_name))
                for product in readable(WireShippingProduct, provider.products)
            ),
        )
        for provider in readable(WireProvider, data)
    )


def to_stock_answers(
    data: list[Any], sent: Sequence[str], *, hide: Callable[[Any], Any] = lambda told: told
) -> dict[str, StockAnswer]:
    """The answers by SKU as sent, matched by the SKU that they name, in any order.

    An answer without a SKU, such as an error, is matched by its position, but only if every answer with a SKU is at the
    position at which the SKU was sent.

    Args:
        hide: replaces secrets in what Billbee says about an error.
    """
    by_fold = {Sku(sku): sku for sku in sent}
    named: dict[str, StockAnswer] = {}
    nameless: dict[int, StockAnswer] = {}
    in_place = len(data) == len(sent)
    for place, raw in enumerate(data):
        sku, answer = _stock_answer(raw, hide)
        if Sku(sku) in by_fold:
            named[by_fold[Sku(sku)]] = answer
            in_place = in_place and Sku(sent[place]) == Sku(sku)
        else:
            nameless[place] = answer
    if in_place:
        named |= {sent[place]: answer for place, answer in nameless.items()}
    return named


def _stock_answer(raw: object, hide: Callable[[Any], Any]) -> tuple[str, StockAnswer]:
    if not isinstance(raw, dict):
        return "", StockAnswer(error="the answer cannot be read", failed=True)
    try:
        result = WireStockResult.model_validate(raw.get("Data") or {})
    except ValidationError:
        return "", StockAnswer(error="the answer cannot be read", failed=True)
    if (found := find_complaint(hide(raw))) is not None:
        failed = found.code == INTERNAL_ERROR or not found.readable
        return result.sku, StockAnswer(error=found.text, failed=failed, unexplained=found.code is None)
    current = None if result.current_stock is None else int(result.current_stock)
    return result.sku, StockAnswer(current=current, reserved=int(result.unfulfilled_amount))


def to_stocks(data: object) -> tuple[ShopStock, ...]:
    """The stocks of a merchant's account that can be read."""
    return tuple(ShopStock(stock.id, stock.name, is_default=stock.is_default) for stock in readable(WireStock, data))


def to_webhooks(data: object) -> tuple[Webhook, ...]:
    """The registered webhooks that can be read."""
    return tuple(
        Webhook(hook.id, hook.url, hook.secret, tuple(hook.filters), hook.description, is_paused=hook.is_paused)
        for hook in readable(WireWebhook, data)
    )


def to_stock_levels(rows: list[Any], stock_id: int) -> Iterator[StockLevel]:
    """The levels of the products of a page that have a SKU and this stock. Bundles have none."""
    for raw in rows:
        try:
            wire = WireProductStock.model_validate(raw)
        except ValidationError:
            continue
        for place in wire.stocks:
            # In an account without multi-stock, products may leave out the number of the only stock.
            only = len(wire.stocks) == 1 and 0 in (stock_id, place.stock_id)
            if wire.sku and (place.stock_id == stock_id or only):
                yield StockLevel(wire.sku, int(place.stock_current), int(place.unfulfilled_amount))
                break


def to_products(rows: list[Any]) -> Iterator[Product]:
    """The readable products of a page; others are left out and logged."""
    for raw in rows:
        try:
            wire = WireProductDetails.model_validate(raw)
        except ValidationError:
            logger.warning(
                "Product cannot be read",
                extra={"product_id": whole(raw.get("Id"), LARGEST_ID) if isinstance(raw, dict) else None},
            )
            continue
        yield Product(
            id=wire.id,
            sku=wire.sku,
            ean=wire.ean,
            is_bundle=wire.type == _BUNDLE,
            is_digital=wire.is_digital,
            is_deactivated=wire.is_deactivated,
            names=_texts(wire.title),
            descriptions=_texts(wire.short_description) or _texts(wire.description),
            price=wire.price,
            vat_percent={1: wire.vat1_rate, 2: wire.vat2_rate}.get(wire.vat_index or 0, Decimal(0)),
            cost=wire.cost_price,
            pieces_per_sale=wire.stock_reduce_items_per_sale or Decimal(1),
            grams=wire.weight,
            width_cm=wire.width_cm,
            length_cm=wire.length_cm,
            height_cm=wire.height_cm,
            tariff_number=wire.taric_number,
            components=tuple(KitComponent(one.article_id, one.sku, one.amount) for one in wire.bill_of_material),
            sold=wire.sold_amount_last30_days or Decimal(0),
            warning=wire.stock_warning,
            warning_by_stock=wire.stocks,
        )


def _texts(wire: list[WireText]) -> dict[str, str]:
    return {one.language_code: one.text for one in wire if one.text}


def readable(model: type[Entry], rows: object) -> Iterator[Entry]:
    """The readable entries of a list; others are not needed."""
    for row in rows if isinstance(rows, list) else ():
        try:
            yield model.model_validate(fold_keys(row))
        except (ValidationError, AttributeError):
            continue
