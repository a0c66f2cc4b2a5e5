"""R38: the goods of orders that are merged in Billbee are shipped once, or their merchant is told."""

from __future__ import annotations

from typing import Any

import pytest

from local.simulators.billbee.account import MergedIds
from local.simulators.billbee.orders import address, item
from testkit.routes import CANCEL, CHANGE, SUBMIT
from testkit.world import RECEIVED, TAG, World, world
from tests.integration.after_import import LANDED, NOT_LANDED, fault, survives_every_crash

MERGED = [("MUG-01", 1), ("TEE-01", 2)]


def two(here: World, **fields: Any) -> None:
    """Two orders of one buyer, both at the warehouse."""
    here.sell(1, item("MUG-01"), **fields)
    here.sell(2, item("TEE-01", quantity=2), **fields)
    here.look(0)
    here.wait(minutes=1)


def everything_ships_once(here: World) -> None:
    """What the warehouse ships of both orders together."""
    assert sorted([*here.lines(1), *here.lines(2)]) == MERGED


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("pushed", [1, 2])
def test_r38_automatic_the_first_gets_all_positions_and_the_second_is_cancelled(pushed: int, *, gone: bool) -> None:
    """Whichever of the two is looked at first."""
    with world(changes="automatic") as here:
        two(here)
        here.shop.merge(1, 2, gone=gone)
        if pushed == 2 and not gone:
            here.shop.orders[1]["LastModifiedAt"] = here.shop.orders[1]["CreatedAt"]  # this poll does not see it
            here.look()
            here.shop.touch(1)
        here.look()
        here.run_on()
        assert (here.lines(1), here.lines(2)) == (MERGED, [])
        assert (here.status(1), here.status(2)) == ("acknowledged", "cancelled")
        assert here.codes(1) == ["OB-409"]
        if not gone:
            assert here.codes(2) == ["OB-411"]
        assert here.submitted("1") == here.submitted("2") == 1
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        assert (here.status(1), here.wire(1)["State"]) == ("shipped", 4)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "This order was merged into order 1 in Billbee, and cancelled at the warehouse. Its goods are shipped with"
            " order 1, once the warehouse has the change of that order. [OB-411]",
        ),
        (
            "de",
            "Diese Bestellung wurde in Billbee mit der Bestellung 1 zusammengeführt und im Lager storniert. Ihre"
            " Artikel werden mit der Bestellung 1 versendet, sobald das Lager deren Änderung hat. [OB-411]",
        ),
    ],
)
@pytest.mark.parametrize(("changes", "code"), [("ask", "OB-407"), ("tell", "OB-408")])
def test_r38_otherwise_the_firsts_merchant_is_told_what_to_do(
    changes: str, code: str, language: str, text: str
) -> None:
    with world(changes=changes, language=language) as here:
        two(here)
        here.shop.merge(1, 2)
        here.look()
        here.run_on()
        assert here.told(2) == [text]
        assert here.codes(1) == [code]
        assert "2 × TEE-01" in here.told(1)[0] or "TEE-01" in here.told(1)[0]
        here.shop.remove_tag(1, RECEIVED)
        here.look()
        here.run_on()
        everything_ships_once(here)
        assert here.lines(1) == MERGED


@pytest.mark.parametrize("changes", ["ask", "automatic"])
@pytest.mark.parametrize("status", ["Processed", "Shipped"])
@pytest.mark.parametrize("gone", [False, True])
def test_r38_what_the_warehouse_ships_by_itself_is_not_added_to_the_first(
    changes: str, status: str, *, gone: bool
) -> None:
    with world(changes=changes) as here:
        two(here)
        if status == "Shipped":
            here.warehouse.ship("2", ["1Z2"], method="02")
            here.run_on()
        else:
            here.warehouse.set_status("2", status)
        here.shop.merge(1, 2, gone=gone)
        if changes == "ask":
            here.shop.remove_tag(1, RECEIVED)
        here.look()
        here.run_on()
        here.run_on()
        everything_ships_once(here)
        assert here.codes(1) == ["OB-412"]
        assert f"'{status}'" in here.told(1)[0]
        assert here.bibi.count(CHANGE) == 0


def test_r38_too_late_in_german() -> None:
    with world(changes="automatic", language="de") as here:
        two(here)
        here.warehouse.set_status("2", "Processed")
        here.shop.merge(1, 2)
        here.look()
        assert here.told(1) == [
            "Die Bestellung 2 wurde mit dieser zusammengeführt, das Lager versendet sie aber einzeln: dort steht sie"
            " auf 'Processed'. Diese Bestellung wurde im Lager nicht geändert und wird wie zuvor versendet, sonst"
            " würden Artikel doppelt versendet. [OB-412]"
        ]


def test_r38_the_first_is_too_late_and_the_merchant_is_told_for_both() -> None:
    with world(changes="automatic") as here:
        two(here)
        here.warehouse.set_status("1", "Processed")
        here.shop.merge(1, 2)
        here.look()
        here.run_on()
        assert (here.lines(1), here.lines(2)) == ([("MUG-01", 1)], [])
        assert (here.codes(1), here.codes(2)) == (["OB-401"], ["OB-411"])


@pytest.mark.parametrize("kind", ["drop_after", "reset_before", "status"])
def test_r38_a_merge_while_the_first_is_being_sent(kind: str) -> None:
    with world(changes="automatic") as here:
        here.sell(2, item("TEE-01", quantity=2))
        here.look(0)
        here.sell(1, item("MUG-01"))
        here.bibi.faults.add(fault(kind, SUBMIT))
        here.poll()
        here.deliver("push")
        here.shop.merge(1, 2)
        here.look()
        here.run_on()
        if kind != "drop_after":  # it is not there yet, and has the second one's received tag now
            assert ("1" in here.warehouse.orders, here.lines(2)) == (False, [])
            (told,) = here.told(1)
            assert "[OB-130]" in told
            here.shop.change(1, Tags=[TAG])
            here.look()
            here.run_on()
        assert (here.lines(1), here.lines(2)) == (MERGED, [])
        assert here.submitted("1") == 1


@pytest.mark.parametrize("kind", ["drop_after", "reset_before", "status"])
def test_r38_a_merge_while_the_second_is_being_sent(kind: str) -> None:
    with world(changes="automatic") as here:
        here.sell(1, item("MUG-01"))
        here.look(0)
        here.sell(2, item("TEE-01", quantity=2))
        here.bibi.faults.add(fault(kind, SUBMIT))
        here.poll()
        here.deliver("push")
        here.shop.merge(1, 2)
        here.look()
        here.run_on()
        assert here.lines(1) == MERGED
        assert "2" not in here.warehouse.orders or here.lines(2) == []


@pytest.mark.parametrize("queued", [True, False])
def test_r38_an_order_not_sent_yet_is_rejected_where_the_warehouse_ships_the_merged_one(*, queued: bool) -> None:
    with world() as here:
        here.imported(2, lines=[item("TEE-01", quantity=2)])
        here.warehouse.set_status("2", "Processed")
        here.sell(1, item("MUG-01"))
        if queued:
            here.poll()
            here.queues.clear()
            here.wait(minutes=1)
        here.shop.merge(1, 2)
        here.shop.remove_tag(1, RECEIVED)
        here.look()
        here.run_on()
        assert ("1" in here.warehouse.orders, here.codes(2)) == (False, ["OB-403"])
        (told,) = here.told(1)
        assert "'Processed'" in told
        assert "[OB-132]" in told
        here.shop.change(1, OrderItems=[item("MUG-01")], TotalCost=10.0, Tags=[TAG])
        here.look()
        here.run_on()
        everything_ships_once(here)


def test_r38_an_order_that_was_not_sent_yet_is_sent_with_the_goods_of_one_that_can_be_cancelled() -> None:
    with world(language="de") as here:
        here.imported(2, lines=[item("TEE-01", quantity=2)])
        here.sell(1, item("MUG-01"))
        here.shop.merge(1, 2)
        here.shop.remove_tag(1, RECEIVED)
        here.look()
        here.run_on()
        assert (here.lines(1), here.lines(2), here.told(1)) == (MERGED, [], [])


def test_r38_a_merge_of_orders_of_two_merchants_tags() -> None:
    """The first then has both tags: each warehouse keeps to what it has, and both merchants are told."""
    with world(changes="automatic") as here:
        bolt = here.open_merchant("bolt", billbee={"order_tag": "bolt"}, changes="automatic")
        bolt.warehouse.add_product("TEE-01")
        del here.warehouse.products["TEE-01"]
        here.imported(1)
        bolt_tags = ["bolt"]
        here.sell(2, item("TEE-01", quantity=2), merchant="bolt", tags=bolt_tags)
        here.poll(merchant="bolt")
        here.push()
        assert here.submitted("2", "bolt") == 1
        second = here.merchants["bolt"].shop.orders[2]
        here.shop.orders[2] = {**second, "Tags": [*second["Tags"]]}  # one account with both orders
        here.merchants["bolt"].shop.orders = here.shop.orders
        here.shop.merge(1, 2)
        for _ in range(2):
            here.look()
            here.poll(merchant="bolt")
            here.push()
            here.run_on()
        assert here.lines(1) == [("MUG-01", 1)]
        assert [part.status for part in bolt.warehouse.orders["2"].parts] == ["Cancelled"]
        assert "1" not in bolt.warehouse.orders
        told = here.codes(1)
        assert told.count("OB-401") == 1
        assert here.codes(2) == ["OB-411"]


def test_r38_an_order_that_only_grew_is_changed_without_a_look_at_others_of_the_same_goods() -> None:
    with world(changes="automatic") as here:
        two(here)
        here.shop.change(1, OrderItems=[item("MUG-01"), item("TEE-01", quantity=2)], TotalCost=30.0)
        here.look()
        here.run_on()
        assert (here.lines(1), here.lines(2)) == (MERGED, [("TEE-01", 2)])
        assert (here.status(2), here.codes(2)) == ("acknowledged", [])


def test_r38_an_order_that_was_cancelled_by_its_merchant_is_no_merged_one() -> None:
    with world(changes="automatic") as here:
        two(here, ship_to=address())
        here.warehouse.set_status("2", "Processed")
        here.shop.change(2, State=8)
        here.shop.change(1, OrderItems=[item("MUG-01"), item("TEE-01", quantity=2)], TotalCost=30.0)
        here.look()
        here.run_on()
        assert (here.lines(1), here.codes(2)) == (MERGED, ["OB-403"])


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
@pytest.mark.parametrize("route", [CANCEL, CHANGE])
def test_r38_whatever_becomes_of_the_calls_everything_ships_once(route: str, kind: str) -> None:
    with world(changes="automatic") as here:
        two(here)
        here.shop.merge(1, 2)
        here.bibi.faults.add(fault(kind, route, times=2, retry_after=30))
        here.look()
        here.run_on()
        assert (here.lines(1), here.lines(2)) == (MERGED, [])
        assert (here.codes(1), here.codes(2)) == (["OB-409"], ["OB-411"])


def merged(here: World) -> None:
    here.configure(changes="automatic")
    two(here)
    here.shop.merge(1, 2)


def merged_too_late(here: World) -> None:
    here.configure(changes="automatic")
    two(here)
    here.warehouse.set_status("2", "Processed")
    here.shop.merge(1, 2)


@pytest.mark.parametrize("before", [merged, merged_too_late])
def test_r38_a_crash_after_any_call_ends_as_if_it_had_not_happened(before: Any) -> None:
    def end(here: World) -> Any:
        return [(here.lines(one), here.tags(one), here.told(one), here.status(one)) for one in (1, 2)]

    calls, wrong = survives_every_crash(before, World.look, end)
    assert wrong == {}
    assert calls > 8


def test_r38_tags_of_both_are_as_billbee_has_them() -> None:
    with world(changes="automatic") as here:
        two(here)
        here.shop.merge(1, 2)
        here.run_on()
        assert {TAG, RECEIVED} <= here.tags(1)


@pytest.mark.parametrize("status", ["Processed", "New"])
def test_r38_a_rejected_order_that_gets_the_goods_of_another_one_ships_them_once(status: str) -> None:
    """The merge is known when it happens, and the rejected order is only corrected later."""
    with world() as here:
        here.imported(2, lines=[item("TEE-01", quantity=2)])
        here.warehouse.set_status("2", status)
        here.sell(1, item("NOT-THERE"), item("MUG-01"))
        here.look(0)
        assert here.codes(1) == ["OB-100"]
        here.shop.merge(1, 2)
        here.look()
        here.wait(minutes=90)
        left = [line for line in here.wire(1)["OrderItems"] if line["Product"]["SKU"] != "NOT-THERE"]
        here.shop.change(1, OrderItems=left, Tags=[TAG])
        here.look()
        here.run_on()
        if status == "New":
            assert (here.lines(1), here.lines(2)) == (MERGED, [])
            return
        assert ("1" in here.warehouse.orders, here.lines(2)) == (False, [("TEE-01", 2)])
        assert "[OB-132]" in here.told(1)[-1]
        here.poll("all")
        here.push()
        here.shop.change(1, Tags=[TAG])  # the merchant wants it nevertheless
        here.look()
        assert here.lines(1) == MERGED


def test_r38_an_order_that_is_rejected_for_the_tag_of_a_merged_one_is_not_sent_with_its_goods_afterwards() -> None:
    with world() as here:
        here.imported(2, lines=[item("TEE-01", quantity=2)])
        here.warehouse.set_status("2", "Processed")
        here.sell(1, item("MUG-01"))
        here.shop.merge(1, 2)  # before any poll
        here.look()
        here.poll("all")
        here.push()
        here.wait(minutes=90)
        assert "[OB-130]" in here.told(1)[-1]
        here.shop.change(1, Tags=[TAG])
        here.look()
        here.run_on()
        assert ("1" in here.warehouse.orders, "[OB-132]" in here.told(1)[-1]) == (False, True)


def test_r38_what_is_added_later_is_not_hindered_by_a_merged_order_whose_goods_were_taken_out_again() -> None:
    with world(changes="automatic") as here:
        two(here)
        here.warehouse.set_status("2", "Processed")
        own = [{**line} for line in here.wire(1)["OrderItems"]]
        here.shop.merge(1, 2)
        here.look()
        assert here.codes(1) == ["OB-412"]
        here.shop.change(1, OrderItems=[*own, item("POSTER")])
        here.look()
        here.run_on()
        assert (here.lines(1), here.lines(2)) == ([("MUG-01", 1), ("POSTER", 1)], [("TEE-01", 2)])


@pytest.mark.parametrize("nightly", [False, True])
def test_r38_an_order_that_is_paid_long_after_a_merge_ships_no_goods_twice(*, nightly: bool) -> None:
    with world() as here:
        here.imported(2, lines=[item("TEE-01", quantity=2)])
        here.warehouse.ship("2", ["1Z2"], method="02")
        here.run_on()
        here.sell(1, item("MUG-01"), state=1)
        here.look()
        here.shop.merge(1, 2)
        here.shop.change(1, Tags=[TAG])
        if nightly:
            here.wait(minutes=45)
            here.poll("all")
        else:
            here.look()
        here.wait(minutes=90)
        here.poll()
        here.shop.change(1, State=3)
        here.look()
        here.run_on()
        assert ("1" in here.warehouse.orders, "[OB-132]" in here.told(1)[-1]) == (False, True)
        here.shop.change(1, OrderItems=[item("MUG-01")], TotalCost=10.0, Tags=[TAG])
        here.look()
        here.run_on()
        everything_ships_once(here)


@pytest.mark.parametrize("looked", [False, True])
@pytest.mark.parametrize("changes", ["ask", "automatic"])
def test_r38_what_ships_by_itself_is_not_added_by_a_merge_of_the_merged_order_either(
    changes: str, *, looked: bool
) -> None:
    """2 is merged into 1, and 1 into 3."""
    with world(changes=changes) as here:
        two(here)
        here.sell(3, item("POSTER"))
        here.look()
        here.warehouse.set_status("2", "Processed")
        here.wait(minutes=1)
        here.shop.merge(1, 2)
        if looked:
            here.look()
        here.shop.merge(3, 1)
        if changes == "ask":
            here.shop.remove_tag(3, RECEIVED)
        here.look()
        here.run_on()
        assert (here.lines(1), here.lines(2), here.lines(3)) == ([], [("TEE-01", 2)], [("POSTER", 1)])
        assert here.codes(3) == ["OB-412"]
        assert "Order 2" in here.told(3)[0]


def test_r38_an_order_that_was_only_checked_in_mode_test_does_not_keep_the_first_from_being_sent() -> None:
    with world(mode="test") as here:
        here.sell(1, item("MUG-01"), state=1)
        here.sell(2, item("TEE-01", quantity=2))
        here.look()
        here.shop.merge(1, 2)
        here.look()
        here.configure(mode="live")
        here.shop.change(1, State=3, Tags=[TAG])
        here.look()
        here.run_on()
        assert (here.lines(1), "2" in here.warehouse.orders) == (MERGED, False)


# ---- The merchant changes the first one's own lines in the same edit

IDS: list[MergedIds] = ["kept", "new", "all new"]


def merge_and_edit(here: World, own: list[int], ids: MergedIds) -> None:
    """Order 2 is merged into order 1, whose own lines have these quantities then; 0 removes a line."""
    lines = here.wire(1)["OrderItems"]
    kept = [
        {**line, "Quantity": float(quantity), "TotalPrice": 10.0 * quantity}
        for line, quantity in zip(lines, own, strict=True)
        if quantity
    ]
    here.shop.change(1, OrderItems=kept, TotalCost=sum(line["TotalPrice"] for line in kept))
    here.shop.merge(1, 2, ids=ids)


@pytest.mark.parametrize("ids", IDS)
@pytest.mark.parametrize("changes", ["ask", "automatic"])
@pytest.mark.parametrize("status", ["Processed", "Shipped"])
@pytest.mark.parametrize("own", [2, 1, 0])
def test_r38_lowered_lines_do_not_hide_the_goods_of_a_merged_order_that_ships_by_itself(
    own: int, status: str, changes: str, ids: MergedIds
) -> None:
    """By sums of pieces, nothing or too little would be added to the three that the warehouse has."""
    with world(changes=changes) as here:
        here.imported(1, lines=[item("TEE-01", quantity=3)])
        here.imported(2, lines=[item("TEE-01", quantity=2, unit_price="9.00")])
        if status == "Shipped":
            here.warehouse.ship("2", ["1Z2"], method="02")
            here.run_on()
        else:
            here.warehouse.set_status("2", status)
        merge_and_edit(here, [own], ids)
        if changes == "ask":
            here.shop.remove_tag(1, RECEIVED)
        here.look()
        here.run_on()
        here.run_on()
        assert (here.codes(1), here.bibi.count(CHANGE)) == (["OB-412"], 0)
        equal = own == 1 and changes == "automatic"  # the warehouse has three already
        assert ("It ships this order too" if equal else "is shipped as it was") in here.told(1)[0]
        assert (here.lines(1), here.lines(2)) == ([("TEE-01", 3)], [("TEE-01", 2)])


@pytest.mark.parametrize("ids", IDS)
@pytest.mark.parametrize("own", [2, 1, 0])
def test_r38_lowered_lines_and_the_goods_of_a_merged_order_ship_once(own: int, ids: MergedIds) -> None:
    with world(changes="automatic") as here:
        here.imported(1, lines=[item("TEE-01", quantity=3)])
        here.imported(2, lines=[item("TEE-01", quantity=2, unit_price="9.00")])
        merge_and_edit(here, [own], ids)
        here.look()
        here.run_on()
        assert (sum(count for _, count in here.lines(1)), here.lines(2)) == (own + 2, [])
        assert (here.codes(1), here.codes(2)) == (["OB-409"] if own != 1 else [], ["OB-411"])


@pytest.mark.parametrize("ids", IDS)
@pytest.mark.parametrize("others", [0, 12])
@pytest.mark.parametrize("status", ["New", "Processed"])
def test_r38_lines_that_are_replaced_by_equal_ones_of_an_order_that_ships_by_itself_are_told_once(
    status: str, others: int, ids: MergedIds
) -> None:
    """Neither the content nor what the warehouse would be sent differs then, also not by the index alone."""
    with world() as here:
        for order in range(1, 3 + others):
            here.sell(order, item("TEE-01", quantity=2))
        here.look(0)
        here.run_on()
        here.warehouse.set_status("2", status)
        merge_and_edit(here, [0], ids)
        for order in range(3, 3 + others):
            here.shop.touch(order)
        here.look()
        here.run_on()
        here.shop.touch(1)
        here.run_on()
        if status == "New":
            assert (here.told(1), here.lines(1), here.lines(2)) == ([], [("TEE-01", 2)], [])
            return
        assert here.told(1) == [
            "Order 2 was merged into this one, but the warehouse ships it by itself: there it is 'Processed'. It ships"
            " this order too, as it was sent, so their goods may be shipped twice: ask the warehouse. [OB-412]"
        ]


@pytest.mark.parametrize("ids", IDS)
def test_r38_goods_that_were_taken_out_again_hinder_nothing_where_the_positions_show_it(ids: MergedIds) -> None:
    """The first order has the same product itself."""
    with world(changes="automatic") as here:
        here.imported(1, 2, lines=[item("TEE-01")])
        here.warehouse.set_status("2", "Processed")
        here.shop.merge(1, 2, ids=ids)
        here.look()
        assert here.codes(1) == ["OB-412"]
        own = here.wire(1)["OrderItems"][:1]
        here.shop.change(1, OrderItems=[*own, item("POSTER")], TotalCost=20.0)
        here.look()
        here.run_on()
        if ids == "all new":  # these may be the merged order's
            assert (here.lines(1), here.codes(1)) == ([("TEE-01", 1)], ["OB-412", "OB-412"])
        else:
            assert (here.lines(1), here.codes(1)) == ([("POSTER", 1), ("TEE-01", 1)], ["OB-412", "OB-409"])
        assert here.lines(2) == [("TEE-01", 1)]


# ---- The state "shipped" hides that an order was deleted


@pytest.mark.parametrize("seen", [False, True])
def test_r38_a_merged_order_that_shipped_since_is_still_known(*, seen: bool) -> None:
    with world() as here:
        two(here)
        here.warehouse.set_status("2", "Processed")
        here.shop.merge(1, 2)
        if seen:
            here.look()
        here.warehouse.ship("2", ["1Z2"], method="02")
        here.pull()
        assert here.wire(2)["State"] == 4
        here.shop.remove_tag(1, RECEIVED)
        here.look()
        here.run_on()
        everything_ships_once(here)
        assert (here.codes(1), here.bibi.count(CHANGE)) == (["OB-412"], 0)


# ---- Three orders


def three(here: World, third: str = "POSTER", *, gone: bool = False, ids: MergedIds = "kept") -> None:
    """Orders 2 and 3 are merged into the first; order 2 ships by itself, and order 3 does not."""
    two(here)
    here.imported(3, lines=[item(third)])
    here.warehouse.set_status("2", "Processed")
    here.shop.merge(1, 2, ids=ids)
    here.shop.merge(1, 3, gone=gone, ids=ids)


def take_out_the_second(here: World) -> None:
    lines = here.wire(1)["OrderItems"]
    left = [line for line in lines if (line["Product"]["SKU"], line["Quantity"]) != ("TEE-01", 2.0)]
    here.shop.change(1, OrderItems=left, TotalCost=sum(line["TotalPrice"] for line in left))
    here.shop.remove_tag(1, RECEIVED)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "Order 2 was merged into this one, but the warehouse ships it by itself: there it is 'Processed'. This"
            " order was not changed at the warehouse and is shipped as it was, because goods would be shipped twice."
            " Order 3 (1 × POSTER) was merged into it too and is cancelled at the warehouse: its goods are not shipped"
            " yet. Take the goods of order 2 out of this order and remove the tag order_received_by_bibi; the warehouse"
            " then ships the rest with it. [OB-412]",
        ),
        (
            "de",
            "Die Bestellung 2 wurde mit dieser zusammengeführt, das Lager versendet sie aber einzeln: dort steht sie"
            " auf 'Processed'. Diese Bestellung wurde im Lager nicht geändert und wird wie zuvor versendet, sonst"
            " würden Artikel doppelt versendet. Auch die Bestellung 3 (1 × POSTER) wurde mit ihr zusammengeführt und"
            " ist im Lager storniert: ihre Artikel werden noch nicht versendet. Bitte die Artikel der Bestellung 2 aus"
            " dieser Bestellung nehmen und den Tag order_received_by_bibi entfernen; der Rest wird dann mit ihr"
            " versendet."
            " [OB-412]",
        ),
    ],
)
@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("first", [1, 3])
def test_r38_of_three_orders_one_of_which_ships_by_itself_all_are_named_with_their_goods(
    first: int, language: str, text: str, *, gone: bool
) -> None:
    """Whichever is looked at first."""
    with world(changes="automatic", language=language) as here:
        three(here, gone=gone)
        if first == 3:
            here.shop.orders[1]["LastModifiedAt"] = here.shop.orders[1]["CreatedAt"]  # this poll does not see it
            here.look()
            if gone:
                here.poll("all")
                here.push()
            here.shop.touch(1)
        here.look()
        here.run_on()
        assert here.told(1) == [text]
        assert (here.lines(1), here.lines(2), here.lines(3)) == ([("MUG-01", 1)], [("TEE-01", 2)], [])
        take_out_the_second(here)
        here.look()
        here.run_on()
        assert (here.lines(1), here.lines(2), here.lines(3)) == ([("MUG-01", 1), ("POSTER", 1)], [("TEE-01", 2)], [])


@pytest.mark.parametrize("ids", IDS)
def test_r38_of_three_orders_with_the_same_goods_positions_show_which_were_taken_out(ids: MergedIds) -> None:
    with world(changes="automatic") as here:
        three(here, "TEE-01", ids=ids)
        here.look()
        here.run_on()
        assert here.codes(1) == ["OB-412"]
        assert "Order 3 (1 × TEE-01)" in here.told(1)[0]
        take_out_the_second(here)
        here.look()
        here.run_on()
        if ids == "kept":
            assert (here.lines(1), here.codes(1)) == ([("MUG-01", 1), ("TEE-01", 1)], ["OB-412"])
        else:  # the piece may be one of those that ship with order 2
            assert (here.lines(1), here.codes(1)) == ([("MUG-01", 1)], ["OB-412", "OB-412"])
        assert (here.lines(2), here.lines(3)) == ([("TEE-01", 2)], [])


def test_r38_of_three_orders_two_of_which_ship_by_themselves_both_are_named() -> None:
    with world(changes="automatic") as here:
        three(here)
        here.warehouse.ship("3", ["1Z3"], method="02")
        here.look()
        here.run_on()
        [told] = here.told(1)
        assert told.startswith(
            "Orders 2 ('Processed') and 3 ('Shipped') were merged into this one, but the warehouse ships each of them"
            " by itself. This order was not changed"
        )
        assert (here.lines(1), here.lines(2), here.lines(3)) == (
            [("MUG-01", 1)],
            [("TEE-01", 2)],
            [("POSTER", 1)],
        )


def test_r38_of_three_orders_the_first_of_which_was_not_sent_yet_all_are_named() -> None:
    with world() as here:
        here.imported(2, lines=[item("TEE-01", quantity=2)])
        here.imported(3, lines=[item("POSTER")])
        here.warehouse.set_status("2", "Processed")
        here.sell(1, item("MUG-01"))
        here.shop.merge(1, 2)
        here.shop.merge(1, 3)
        here.shop.remove_tag(1, RECEIVED)
        here.look()
        here.run_on()
        [told] = here.told(1)
        assert "Order 3 (1 × POSTER) was merged into it too and is cancelled at the warehouse" in told
        assert "[OB-132]" in told
        take_out_the_second(here)
        here.shop.change(1, Tags=[TAG])
        here.look()
        here.run_on()
        assert (here.lines(1), here.lines(2), here.lines(3)) == ([("MUG-01", 1), ("POSTER", 1)], [("TEE-01", 2)], [])
