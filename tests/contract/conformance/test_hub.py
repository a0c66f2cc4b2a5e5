"""What every hub does, in the words of the rooms' ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Final

import pytest
from pydantic import SecretStr

from orderbridge.desk.ports import Hub
from orderbridge.ledger.order import Order
from orderbridge.orders.webhooks import Webhook
from orderbridge.platform.errors import NotFound, Refused, UnknownOutcome, UpstreamError
from orderbridge.stock.figures import default_stock
from orderbridge.tracking.carriers import Carrier
from testkit.world import world
from tests.contract.conformance.hubs import HUBS, Shop
from tests.contract.conformance.warehouses import MOST_PAGES, members

NOBODY = 404
URL, SECRET = "https://door.example/webhooks/billbee/acme?noecho", SecretStr("s" * 40)


@pytest.fixture(params=HUBS)
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with world(empty=True) as here:
        yield HUBS[request.param](here)


def found(shop: Shop, **asked: object) -> list[int]:
    """The ids of orders in all pages of a list, in ascending order."""
    ids: list[int] = []
    page, pages = 1, 1
    while page <= pages:
        answer = shop.port.orders(page=page, **asked)  # type: ignore[arg-type]
        assert (len(answer.orders) <= shop.page, answer.unknown) == (True, 0)
        assert answer.total_pages <= MOST_PAGES
        ids += [one.id for one in answer.orders]
        page, pages = page + 1, answer.total_pages
    return sorted(ids)


def parcels(order: Order) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return order.tracking_numbers, order.return_tracking_numbers


# -- reading orders


def test_r1_orders_are_listed_by_state_and_by_all_of_their_tags(shop: Shop) -> None:
    shop.sell(1, "bibi", state=3)
    shop.sell(2, "bibi", "rush", state=3)
    shop.sell(3, "bibi", state=4)
    shop.sell(4, state=3)
    assert found(shop) == [1, 2, 3, 4]
    assert found(shop, states=(3,)) == [1, 2, 4]
    assert found(shop, states=(3, 4), tags=("bibi",)) == [1, 2, 3]
    assert found(shop, tags=("bibi", "rush")) == [2]
    assert found(shop, tags=("no such",)) == []


def test_r2_orders_are_listed_by_when_they_were_changed(shop: Shop) -> None:
    for order_id in (1, 2):
        shop.sell(order_id)
    shop.clock.sleep(3 * 3600)
    shop.edit(2)
    now = shop.clock.now()
    assert found(shop, modified_since=now - timedelta(hours=1)) == [2]
    assert found(shop, modified_until=now - timedelta(hours=1)) == [1]
    assert found(shop, modified_since=now - timedelta(hours=4), modified_until=now) == [1, 2]


def test_r2_the_list_of_orders_ends_and_shows_each_once(shop: Shop) -> None:
    ids = list(range(1, shop.page + 2))
    for order_id in ids:
        shop.sell(order_id)
    assert found(shop) == ids


def test_an_order_is_read_by_its_id_and_by_its_number(shop: Shop) -> None:
    shop.sell(1, "bibi", pieces=3)
    for order in (shop.port.order(1), shop.port.order_by_number("SHOP-1")):
        assert order is not None
        assert (order.id, order.number, order.state, order.tags) == (1, "SHOP-1", 3, ("bibi",))
        assert [(one.sku, one.quantity) for one in order.lines] == [("MUG-01", Decimal(3))]
        assert shop.clock.now() - timedelta(minutes=1) < order.read_at <= shop.clock.now()
    with pytest.raises(NotFound):
        shop.port.order(NOBODY)
    assert shop.port.order_by_number("SHOP-404") is None


# -- writing to orders


def test_r9_tags_are_added_and_adding_them_again_changes_nothing(shop: Shop) -> None:
    shop.sell(1, "bibi")
    for _ in range(2):
        shop.port.add_tags(1, "order_received_by_bibi", "later")
        assert sorted(shop.port.order(1).tags) == ["bibi", "later", "order_received_by_bibi"]


def test_r15_a_state_is_set_and_may_be_set_again(shop: Shop) -> None:
    shop.sell(1)
    for _ in range(2):
        shop.port.set_state(1, 4)
        assert shop.port.order(1).state == 4


def test_r3_a_message_is_among_the_order_s_comments(shop: Shop) -> None:
    shop.sell(1)
    shop.port.add_message(1, "Line 1 has no SKU.")
    assert shop.port.order(1).comments == ("Line 1 has no SKU.",)


def test_r14_parcels_and_return_parcels_are_kept_apart(shop: Shop) -> None:
    shop.sell(1)
    shop.port.add_shipment(1, "1Z1", Carrier(carrier_id=5), "Ground")
    shop.port.add_shipment(1, "1Z2", Carrier(), "came back", is_return=True)
    assert parcels(shop.port.order(1)) == (("1Z1",), ("1Z2",))


@pytest.mark.parametrize(("lost", "there"), [("answer", True), ("request", False)])
def test_r7_after_a_lost_answer_the_order_tells_whether_it_was_said(shop: Shop, lost: str, there: bool) -> None:
    shop.sell(1)
    shop.strike(lost, "message")
    with pytest.raises(UnknownOutcome):
        shop.port.add_message(1, "Once.")
    assert shop.port.order(1).comments == (("Once.",) if there else ())
    shop.strike(lost, "parcel")
    with pytest.raises(UnknownOutcome):
        shop.port.add_shipment(1, "1Z1", Carrier(), "Ground")
    assert shop.port.order(1).tracking_numbers == (("1Z1",) if there else ())


WRITES: Final[Mapping[str, Callable[[Shop, int], object]]] = {
    "add_tags": lambda shop, order_id: shop.port.add_tags(order_id, "later"),
    "add_message": lambda shop, order_id: shop.port.add_message(order_id, "Text."),
    "add_shipment": lambda shop, order_id: shop.port.add_shipment(order_id, "1Z1", Carrier(), "Ground"),
    "set_state": lambda shop, order_id: shop.port.set_state(order_id, 4),
}


@pytest.mark.parametrize("write", WRITES)
def test_an_order_that_is_gone_or_put_away_takes_nothing(shop: Shop, write: str) -> None:
    with pytest.raises(NotFound):
        WRITES[write](shop, NOBODY)
    shop.sell(1)
    shop.archive(1)
    assert shop.port.order(1).archived
    with pytest.raises(Refused):
        WRITES[write](shop, 1)
    order = shop.port.order(1)
    assert (order.state, order.tags, order.comments, order.tracking_numbers) == (3, (), (), ())


# -- products and stock


def test_r19_products_are_listed_and_read_as_the_shop_has_them(shop: Shop) -> None:
    mug, pen = shop.put("MUG"), shop.put("PEN")
    page = shop.port.products(1)
    assert ([one.sku for one in page.products], page.total_pages) == (["MUG", "PEN"], 1)
    for product_id, sku in ((mug, "MUG"), (pen, "PEN")):
        one = shop.port.product(product_id)
        assert one is not None
        assert (one.id, one.sku, one.is_bundle) == (product_id, sku, False)
    assert shop.port.product(NOBODY) is None


def test_r5_a_bundle_consists_of_its_components(shop: Shop) -> None:
    for sku in ("MUG", "PEN"):
        shop.put(sku)
    box = shop.put("BOX", MUG=1, PEN=3)
    for named in ((box, "BOX"), (None, "BOX")):
        assert [(one.sku, one.amount) for one in shop.port.components(*named)] == [
            ("MUG", Decimal(1)),
            ("PEN", Decimal(3)),
        ]
    assert shop.port.components(None, "MUG") == ()
    with pytest.raises(NotFound):
        shop.port.components(NOBODY, "NO-SUCH")


def test_r18_each_figure_is_answered_and_what_is_sold_is_subtracted(shop: Shop) -> None:
    for sku in ("MUG", "PEN"):
        shop.put(sku)
    shop.sell(1, sku="MUG", pieces=2)
    answers = shop.port.update_stock({"MUG": 7, "PEN": 5, "NO-SUCH": 1}, 0)
    assert (answers["MUG"].error, answers["MUG"].current, answers["MUG"].reserved) == (None, 5, 2)
    assert (answers["PEN"].error, answers["PEN"].current, answers["PEN"].reserved) == (None, 5, 0)
    assert "NO-SUCH" not in answers or answers["NO-SUCH"].error
    stock_id = default_stock(shop.port.stocks())
    assert stock_id is not None
    levels = shop.port.stock_levels(1, stock_id)
    assert ({one.sku: one.current for one in levels.levels}, levels.total_pages) == ({"MUG": 5, "PEN": 5}, 1)


@pytest.mark.parametrize(("lost", "current"), [("answer", 7), ("request", 0)])
def test_r18_after_a_lost_answer_it_is_unknown_which_figures_were_taken(shop: Shop, lost: str, current: int) -> None:
    shop.put("MUG")
    shop.strike(lost, "stock")
    with pytest.raises(UnknownOutcome):
        shop.port.update_stock({"MUG": 7}, 0)
    assert [one.current for one in shop.port.stock_levels(1, 0).levels] == [current]


def test_r15_carriers_and_providers_are_listed(shop: Shop) -> None:
    assert all(isinstance(number, int) for number in shop.port.carriers().values())
    assert shop.port.carriers()
    assert all(one.name and one.products for one in shop.port.shipping_providers())


# -- webhooks


def own(shop: Shop) -> list[Webhook]:
    return [one for one in shop.port.webhooks() if one.url == URL]


def test_r21_a_webhook_is_registered_listed_and_removed(shop: Shop) -> None:
    filters = sorted(shop.port.webhook_filters())
    assert filters
    shop.port.add_webhook(URL, SECRET, filters[:1], "orderbridge")
    (one,) = own(shop)
    assert (one.filters, one.description, one.is_paused) == (tuple(filters[:1]), "orderbridge", False)
    shop.port.remove_webhook(one.id)
    assert own(shop) == []
    with pytest.raises(NotFound):
        shop.port.remove_webhook(one.id)


def test_r21_a_webhook_is_never_removed_without_an_id(shop: Shop) -> None:
    shop.port.add_webhook(URL, SECRET, shop.port.webhook_filters(), "orderbridge")
    with pytest.raises(ValueError, match="id"):
        shop.port.remove_webhook(" ")
    assert len(own(shop)) == 1


@pytest.mark.parametrize(("lost", "there"), [("answer", 1), ("request", 0)])
def test_r21_after_a_lost_answer_the_list_tells_whether_it_is_registered(shop: Shop, lost: str, there: int) -> None:
    filters = shop.port.webhook_filters()
    shop.strike(lost, "webhook")
    with pytest.raises(UnknownOutcome):
        shop.port.add_webhook(URL, SECRET, filters, "orderbridge")
    assert len(own(shop)) == there


# -- what may be raised

CALLS: Final[Mapping[str, Callable[[Shop], object]]] = {
    **{name: lambda shop, write=write: write(shop, 1) for name, write in WRITES.items()},  # type: ignore[misc]
    "orders": lambda shop: found(shop, states=(3,), tags=("bibi",)),
    "order": lambda shop: shop.port.order(1),
    "order_by_number": lambda shop: shop.port.order_by_number("SHOP-1"),
    "components": lambda shop: shop.port.components(None, "BOX"),
    "products": lambda shop: shop.port.products(1),
    "product": lambda shop: shop.port.product(1),
    "stocks": lambda shop: shop.port.stocks(),
    "stock_levels": lambda shop: shop.port.stock_levels(1, 0),
    "update_stock": lambda shop: shop.port.update_stock({"MUG": 7}, 0),
    "carriers": lambda shop: shop.port.carriers(),
    "shipping_providers": lambda shop: shop.port.shipping_providers(),
    "webhooks": lambda shop: shop.port.webhooks(),
    "webhook_filters": lambda shop: shop.port.webhook_filters(),
    "add_webhook": lambda shop: shop.port.add_webhook(URL, SECRET, ["order.created"], "orderbridge"),
    "remove_webhook": lambda shop: shop.port.remove_webhook("an-id"),
}


def test_the_suite_makes_every_call_of_the_ports() -> None:
    assert CALLS.keys() == members(Hub) - {"clock_skew"}


@pytest.mark.parametrize(("name", "mishap"), [(name, one) for name in HUBS for one in HUBS[name].mishaps])
def test_whatever_goes_wrong_a_call_raises_what_the_rooms_know(name: str, mishap: str) -> None:
    """Each of the port's calls, with something going wrong on its way; healthy calls in between end an outage."""
    with world(empty=True) as here:
        shop = HUBS[name](here)
        shop.put("MUG")
        shop.put("BOX", MUG=2)
        shop.sell(1, "bibi")
        for make in CALLS.values():
            shop.strike(mishap)
            with suppress(UpstreamError):
                make(shop)
            shop.clock.sleep(60)  # so that no throttle hides what follows
            assert shop.port.carriers()
