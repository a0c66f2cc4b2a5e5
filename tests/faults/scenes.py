"""Short journeys that together make every call the order, stock, product and billing functions make.

A scene says what comes about and which schedules are due; which calls that takes is recorded from a run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from local.simulators.bibi.asn import receive
from local.simulators.billbee.orders import item, product
from local.simulators.faults import Fault
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.record import Parcel
from orderbridge.returns.make_labels import ask_for_label
from testkit.clock import NOON
from testkit.mishaps import Mishap
from testkit.records import open_order
from testkit.world import RECEIVED, TAG, World

LONG_SKU = "FAR-TOO-LONG-FOR-THE-WAREHOUSE"


@dataclass(frozen=True)
class Scene:
    """One journey.

    Attributes:
        prepare: what was before; nothing goes wrong there.
        act: where things go wrong.
        jobs: the schedules that go on afterwards, besides those of orders and tracking.
    """

    name: str
    prepare: Callable[[World], object]
    act: Callable[[World], object]
    jobs: tuple[str, ...] = ()


def imported(here: World, *orders: int, **fields: Any) -> None:
    """Orders of two mugs and a tee that are at the warehouse, and tagged."""
    here.goods(*({"MUG-01", "TEE-01"} - {one["SKU"] for one in here.shop.products.values()}))
    here.imported(*orders, lines=(item("MUG-01", quantity=2), item("TEE-01")), **fields)
    here.wait(minutes=4)
    here.cold_start()


# Import, R1 to R9


def nothing_yet(here: World) -> None:
    here.goods("MUG-01", "TEE-01")
    here.shop.add_product(product("BOX", components=[("MUG-01", 1), ("TEE-01", 2)]))


def orders_arrive(here: World) -> None:
    """A plain one, one with a bundle and a ship method to look up, one that is wrong, one the warehouse refuses."""
    here.sell(1, item("MUG-01"), shipping_product="UPS Ground")
    here.sell(2, item("BOX", product_type=2, unit_price="29.99"))
    here.sell(3, item(LONG_SKU))
    here.sell(4, item("NOT-AT-THE-WAREHOUSE"))
    here.look(0)


def first_poll_of_a_merchant_with_a_past(here: World) -> None:
    """The ledger is lost: what is at the warehouse is taken over, what is not is sent."""
    here.look(0)


def a_lost_ledger(here: World) -> None:
    """One order at the warehouse without its tag, one with it, one shipped, one rejected, and a new one."""
    imported(here, 1, 2, 3)
    here.sell(4, item(LONG_SKU))
    here.look(0)
    here.warehouse.ship("3", ["1Z3"], method="02")
    here.pull()
    here.shop.remove_tag(1, RECEIVED)
    here.wait(minutes=5)
    here.empty_the_table()
    here.queues.clear()
    here.cold_start()
    here.sell(5, item("MUG-01"))


def an_interrupted_submission(here: World) -> None:
    """An order that was claimed and of which nothing is known, and one that is on the books and not tagged."""
    here.goods("MUG-01", "TEE-01")
    here.configure(bibi={"order_number": "order_number"})
    for order in (1, 2):
        here.sell(order, item("MUG-01"), order_number=f"A-{order}")
    here.poll()
    here.watch.recording = True
    here.watch.mishap = Mishap("killed", "bibi POST /submitOrder", 1, lambda act: here.watch.kill(act, after=False))
    here.deliver("push")
    here.watch.recording, here.watch.mishap = False, None
    here.watch.forget()
    here.cold_start()
    here.queues.clear()
    here.wait(minutes=40)


def a_busy_warehouse(here: World) -> None:
    """Numbers of the shop's own, a message that is not ours, and a warehouse that asks for patience once."""
    here.goods("MUG-01", "TEE-01")
    here.configure(bibi={"order_number": "order_number"})
    for order in (1, 2):
        here.sell(order, item("MUG-01"), order_number=f"A-{order}")
    foreign = {"MessageBody": "{}", "MessageGroupId": "acme", "MessageDeduplicationId": "foreign"}
    here.queues.send_message(QueueUrl="poll", **foreign)


def orders_are_handed_back(here: World) -> None:
    here.bibi.faults.add(Fault("throttled", "POST /submitOrder", retry_after=30))
    here.look(0)
    while not {"A-1", "A-2"} <= here.warehouse.orders.keys() and here.clock.now() < NOON + timedelta(hours=1):
        here.cycle()  # an order whose record was opened and whose message was not sent is the sweeper's
    here.warehouse.ship("A-1", ["1Z1"], method="02")
    here.pull()
    here.sell(3, item("TEE-01"), order_number="A-2")
    here.look(0)


def the_sweeper_comes(here: World) -> None:
    here.poll("stuck")
    here.push()


# Tracking, R14 to R17


def at_the_warehouse(here: World) -> None:
    imported(here, 1, 2, 3)


def parcels_leave(here: World) -> None:
    """Two parcels by different carriers, a part of an order, then the rest; and something is missing."""
    here.warehouse.ship("1", ["1Z1", "1Z2"], method="02")
    here.warehouse.split("2", ["MUG-01"], ["TEE-01"])
    here.warehouse.ship("2", ["94001"], method="08", part=1)
    here.warehouse.backorder("3")
    here.pull()
    here.wait(minutes=5)
    here.warehouse.ship("2", ["94002"], method="05", part=2)
    here.pull()


def nothing_is_said(here: World) -> None:
    """Orders that no bulk pass shows: the bulk pass is over them, and they are silent since."""
    imported(here, 1, 2)
    here.pull()
    here.wait(hours=2)


def silent_orders_are_asked_about(here: World) -> None:
    here.pull()
    here.warehouse.orders["1"].changed_at -= 7200
    here.warehouse.decline("2")
    here.wait(minutes=5)
    here.pull("all")


# Returns, R17


def shipped(here: World) -> None:
    imported(here, 1, 2)
    for order in ("1", "2"):
        here.warehouse.ship(order, [f"1Z{order}"], method="02")
    here.pull()
    here.wait(minutes=5)


def pieces_come_back(here: World) -> None:
    """With a tracking number and without."""
    for order in ("1", "2"):
        here.warehouse.return_item(order, "MUG-01", reason="Wrong size")
        here.warehouse.orders[order].parts[0].status = "Shipped"
    here.warehouse.returns[0]["tracking_number"] = "1Z-BACK"
    here.pull_returns()


# Return labels and shipping costs, R24 and R27


def labels_are_due(here: World) -> None:
    """The merchant wants one label, an operator another; zones and links of parcels are asked for from now on."""
    imported(here, 3)
    shipped(here)
    here.configure(bibi={"shipping_costs": True})
    record = here.ledger.get("acme", 2)
    assert record is not None
    send = here.function("operator").sender("PUSH_ORDERS_QUEUE_URL")
    ask_for_label(here.ledger, record, send, "operator", again=False)


def labels_are_made_and_costs_told(here: World) -> None:
    """The shipment of one of two parcels is waited for."""
    here.shop.add_tags(1, ["return_label_bibi"])
    here.look(0)
    here.warehouse.ship("3", ["1Z8", "1Z9"], method="02")
    here.warehouse.uncounted.add("1Z9")
    here.pull()
    here.wait(minutes=5)
    here.pull()
    here.warehouse.uncounted.clear()
    here.wait(minutes=35)
    here.pull()


# Change, cancel, hold, R11 to R13


def five_to_change(here: World) -> None:
    imported(here, 1, 2, 3, 4, 5)


def the_merchant_changes_his_mind(here: World) -> None:
    """A change, a cancellation, a hold; a change and a cancellation that come too late."""
    here.warehouse.set_status("4", "Pack Checked")
    here.warehouse.set_status("5", "Pack Checked")
    for order in (1, 4):
        here.shop.change(order, OrderItems=[item("MUG-01", quantity=3)])
        here.shop.remove_tag(order, RECEIVED)
    here.shop.change(2, State=8)
    here.shop.change(5, State=8)
    here.shop.change(3, Tags=[TAG, RECEIVED, "hold_bibi"])
    here.look(0)


def three_that_change_by_themselves(here: World) -> None:
    here.configure(changes="automatic", billbee={"taken_over_state": 16})
    here.bibi.readings.choose({"update-lines": "kept"})
    imported(here, 1, 2, 3, 4, 5)
    here.warehouse.split("5", ["MUG-01"], ["TEE-01"])


def nobody_asks_for_what_changes(here: World) -> None:
    """A line is removed, two orders are merged, one is credited, and the warehouse cancels a part of one."""
    here.shop.change(1, OrderItems=[item("MUG-01", quantity=2)], TotalCost=20.0)
    here.shop.merge(2, 3)
    here.shop.credit(4, 6)
    here.look(0)
    here.warehouse.drop_items(here.warehouse.orders["5"], ["TEE-01"])
    here.pull()


def one_on_hold(here: World) -> None:
    imported(here, 1, 2)
    here.shop.change(1, Tags=[TAG, RECEIVED, "hold_bibi"])
    here.look(0)
    here.wait(minutes=5)


def the_hold_ends(here: World) -> None:
    """The hold tag is removed, another order disappears altogether, and the night looks for it."""
    here.shop.remove_tag(1, "hold_bibi")
    here.shop.remove_order(2)
    here.poll("all")
    here.push()


# Stock and products, R18 and R19


def a_shelf(here: World) -> None:
    here.goods("MUG-01", "TEE-01", "CAP-01", stock=9)
    here.warehouse.add_product("ONLY-AT-THE-WAREHOUSE", stock=3)
    here.sell(1, item("MUG-01", quantity=2))
    here.look(0)
    here.sync_stock()
    here.warehouse.ship("1", ["1Z1"], method="02")
    here.wait(minutes=5)
    here.forget_lists()
    here.cold_start()


def the_shelf_changes(here: World) -> None:
    """A piece leaves, another is counted again, and a product disappears from the list."""
    here.pull()
    here.count("TEE-01", 4)
    del here.warehouse.products["CAP-01"]
    here.sync_stock()


def a_catalogue(here: World) -> None:
    for place, sku in enumerate(("MUG", "TEE", "CAP"), start=1):
        here.shop.add_product(product(sku, ean=f"400000000000{place}", stock=0))
    here.warehouse.add_product("CAP", stock=4)
    here.sync_products()
    here.wait(minutes=5)
    here.cold_start()


def the_catalogue_changes(here: World) -> None:
    """One changed, one new, one without an EAN, one with another's EAN, one with another's SKU."""
    changed = next(one for one in here.shop.products.values() if one["SKU"] == "MUG")
    here.shop.change_product(changed["Id"], Title=[{"Text": "A better mug", "LanguageCode": "en"}])
    here.shop.add_product(product("NEW", ean="4000000000014", stock=0))
    here.shop.add_product(product("NO-EAN", stock=0))
    here.shop.add_product(product("DOUBLE", ean="4000000000001", stock=0))
    here.shop.add_product(product("TEE", ean="4000000000015", stock=0))
    here.sync_products()


# Billing, R20


def four_shipped_and_one_cancelled(here: World) -> None:
    """One is billed as sold, one otherwise, one not at all; one was wrong and is put right; one is cancelled."""
    here.configure(billing={"enabled": True, "cancel": True, "grace_hours": 0}, stock={"enabled": False})
    ended(here, 4)
    here.books.bill(here.wire(4), total=1.0)
    here.check_billing()
    here.wait(hours=7)
    ended(here, 1, 2, 3)
    ended(here, 5, status=Status.CANCELLED, state=8)
    for order in (1, 2, 4, 5):
        here.books.bill(here.wire(order))
    here.books.orders["2"]["items"][0]["quantity"] = 7
    here.wait(minutes=5)


def ended(here: World, *orders: int, status: Status = Status.SHIPPED, state: int = 4) -> None:
    """Orders that came to their end, as the ledger and the shop have them then."""
    for order in orders:
        lines = (item("MUG-01", quantity=2, tax_rate="19"), item("TEE-01", tax_rate="19"))
        here.sell(order, *lines, currency="EUR", shipping_cost="4.90", state=state, tags=[TAG, RECEIVED])
        shipped = {f"1Z{order}": Parcel("UPS", here.clock.now())} if status is Status.SHIPPED else {}
        details: dict[str, Any] = {"parcels": shipped}
        details["pieces"] = {"MUG-01": 2, "TEE-01": 1}
        if state == 8:
            details["told"] = frozenset({"cancelled_on_request"})
        open_order(here.ledger, order, Status.ACKNOWLEDGED, moves=(status,), **details)


def they_are_compared(here: World) -> None:
    here.check_billing()


def two_held_until_they_are_billed(here: World) -> None:
    here.configure(billing={"enabled": True, "hold_until_billed": True}, stock={"enabled": False})
    here.goods("MUG-01", "TEE-01")
    here.sell(1, item("MUG-01"))
    here.sell(2, item("TEE-01"))
    here.look(0)
    here.books.bill(here.wire(1))
    here.wait(minutes=5)


def one_is_billed_and_let_go(here: World) -> None:
    here.check_billing()
    here.push()


# Inbound goods, R23


def notice(number: str, **quantities: int) -> str:
    """A file that announces goods, shipped today and expected in a week."""
    fields = (f"tracking number;{number}", "date shipped;2026-07-01", "eta;2026-07-08", "land;CN", "lager;Wisconsin")
    rows = (f"{sku.replace('_', '-')};{quantity};1" for sku, quantity in quantities.items())
    return "\n".join((*fields, "sku;quantity;boxes", *rows)) + "\n"


def what_can_be_announced(here: World) -> None:
    here.goods("MUG-01", "TEE-01", "CAP-01")
    here.sync_stock()


def goods_are_announced(here: World) -> None:
    """A notice; products are added and removed, it is closed, and taken back."""
    here.drop("new.csv", notice("NEW", MUG_01=12, TEE_01=5))
    here.work("announce")
    here.drop("add.json", '{"action": "add", "tracking_number": "NEW", "sku": "CAP-01", "quantity": 3}')
    here.work("announce")
    here.drop("remove.json", '{"action": "remove", "tracking_number": "NEW", "sku": "TEE-01"}')
    here.work("announce")
    here.drop("close.json", '{"action": "close", "tracking_number": "NEW"}')
    here.work("announce")
    here.drop("delete.json", '{"action": "delete", "tracking_number": "NEW"}')
    here.work("announce")


def goods_are_on_their_way(here: World) -> None:
    what_can_be_announced(here)
    here.drop("new.csv", notice("NEW", MUG_01=12, TEE_01=5))
    here.work("announce")
    here.wait(minutes=15)
    here.cold_start()


def goods_arrive(here: World) -> None:
    """The warehouse books a notice in, and closes it."""
    receive(here.warehouse, "NEW", {"MUG-01": 12, "TEE-01": 4})
    here.run("inbound")


# Movements and kits, R25 and R26


def a_shelf_that_is_watched(here: World) -> None:
    here.configure(stock={"movements": True})
    here.goods("MUG-01", "TEE-01")
    here.warehouse.adjust("MUG-01", -1, "01")
    here.wait(minutes=1)
    here.run("movements")
    here.wait(minutes=20)


def things_move(here: World) -> None:
    """Two equal losses in a second, something damaged, goods that arrive."""
    for _ in range(2):
        here.warehouse.adjust("MUG-01", -2, "01")
    here.warehouse.move("TEE-01", 3, kind="M", reason="03", source="04STAGING", target="90DAMAGED")
    here.warehouse.receive("TEE-01", 40)
    here.wait(minutes=1)
    here.run("movements")


def a_catalogue_with_a_bundle(here: World) -> None:
    here.configure(bundles="kits")
    for place, sku in enumerate(("MUG-01", "TEE-01"), start=1):
        here.put(sku, 50, ean=f"400000000000{place}")
    here.shop.add_product(product("BOX", components=[("MUG-01", 1), ("TEE-01", 2)], stock=0))
    here.sync_products()
    here.wait(minutes=5)


def bundles_are_sold(here: World) -> None:
    """One that is there, one that is new, one that contains the other."""
    here.shop.add_product(product("BOX-2", components=[("TEE-01", 3)], stock=0))
    here.shop.add_product(product("BOX-3", components=[("BOX", 1)], stock=0))
    for order, sku in enumerate(("BOX", "BOX-2", "BOX-3"), start=1):
        here.sell(order, item(sku, product_type=2, unit_price="29.99"))
    here.sync_products()
    here.look(0)


def before_the_rehearsal(here: World) -> None:
    here.configure(mode="test")
    nothing_yet(here)


def orders_are_rehearsed(here: World) -> None:
    here.sell(1, item("MUG-01"))
    here.sell(2, item("NOT-AT-THE-WAREHOUSE"))
    here.look(0)


def rules_of_the_merchant(here: World) -> None:
    here.goods("MUG-01", "TEE-01")
    here.imported(1)
    here.wait(minutes=4)
    here.configure(
        rules=[
            {"name": "dear", "when": {"quantity": {"min": 9}}, "then": {"hold": True, "ship_method": "03"}},
            {"name": "no tees", "when": {"sku": "TEE-01"}, "then": {"reject": "Sold out."}},
        ]
    )


def orders_meet_rules(here: World) -> None:
    """One that a rule holds, one that a rule rejects, and one that is held once it is changed."""
    here.sell(2, item("MUG-01", quantity=9))
    here.sell(3, item("TEE-01"))
    here.shop.change(1, OrderItems=[item("MUG-01", quantity=12)], TotalCost=120.0, Tags=[TAG])
    here.look(0)


SCENES = {
    one.name: one
    for one in (
        Scene("import", nothing_yet, orders_arrive),
        Scene("lost ledger", a_lost_ledger, first_poll_of_a_merchant_with_a_past),
        Scene("interrupted submission", an_interrupted_submission, the_sweeper_comes),
        Scene("handed back", a_busy_warehouse, orders_are_handed_back),
        Scene("rehearsal", before_the_rehearsal, orders_are_rehearsed),
        Scene("tracking", at_the_warehouse, parcels_leave),
        Scene("silence", nothing_is_said, silent_orders_are_asked_about),
        Scene("returns", shipped, pieces_come_back, ("returns",)),
        Scene("labels", labels_are_due, labels_are_made_and_costs_told),
        Scene("changes", five_to_change, the_merchant_changes_his_mind),
        Scene("drift", three_that_change_by_themselves, nobody_asks_for_what_changes),
        Scene("hold", one_on_hold, the_hold_ends),
        Scene("billing", four_shipped_and_one_cancelled, they_are_compared, ("billing",)),
        Scene("rules", rules_of_the_merchant, orders_meet_rules),
        Scene("gate", two_held_until_they_are_billed, one_is_billed_and_let_go, ("billing",)),
        Scene("stock", a_shelf, the_shelf_changes, ("stock",)),
        Scene("products", a_catalogue, the_catalogue_changes, ("products",)),
        Scene("movements", a_shelf_that_is_watched, things_move, ("movements",)),
        Scene("kits", a_catalogue_with_a_bundle, bundles_are_sold, ("products",)),
        Scene("notices", what_can_be_announced, goods_are_announced, ("inbound",)),
        Scene("arrival", goods_are_on_their_way, goods_arrive, ("inbound", "stock")),
    )
}
