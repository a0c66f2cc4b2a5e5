"""The sandbox's merchant: each act does at the simulated Billbee what one does in the app, and the functions see it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from local.sandbox.places import Refusal
from local.simulators.billbee.orders import product
from testkit.world import RECEIVED, REJECTED, TAG
from tests.sandbox_world import FIRST, sandbox


def test_an_order_without_options_is_paid_tagged_and_sent_to_the_warehouse() -> None:
    with sandbox() as play:
        said = play("shop/create-order")["said"]
        assert said == "acme 10001 arrived in Billbee: 1 x MUG-01 to US, 14.95 USD"
        play.here.look()
        assert play.here.status(int(FIRST)) == "acknowledged"
        assert play.here.tags(int(FIRST)) == {TAG, RECEIVED}
        assert list(play.here.warehouse.orders) == [FIRST]


def test_an_order_may_have_several_items_a_country_a_currency_and_an_engraving() -> None:
    with sandbox(bibi={"send_buyer_message": True}) as play:
        play.create(
            items=["MUG-01:2", "TEE-01:1:7.50"],
            country="de",
            currency="eur",
            personalise=["Engraving=Für Mia"],
            tags=["gift"],
            shipping="5.90",
            message="Bitte klingeln",
        )
        wire = play.wire(FIRST)
        assert [(one["Product"]["SKU"], one["Quantity"]) for one in wire["OrderItems"]] == [
            ("MUG-01", 2),
            ("TEE-01", 1),
        ]
        assert (wire["TotalCost"], wire["ShippingCost"], wire["Currency"]) == (33.4, 5.9, "EUR")
        assert (wire["ShippingAddress"]["CountryISO2"], wire["Tags"]) == ("DE", [TAG, "gift"])
        play.here.look()
        booked = play.here.warehouse.orders[FIRST].submission
        assert [line.quantity for line in booked.lines] == [2, 1]
        assert "Engraving: Für Mia" in booked.lines[0].description
        assert "Bitte klingeln" in booked.comment


def test_an_unpaid_order_waits_for_its_payment() -> None:
    with sandbox() as play:
        number = play.at_warehouse(unpaid=True)
        assert (play.wire(number)["PaidAmount"], list(play.here.warehouse.orders)) == (0, [])
        play("shop/pay", order=number)
        play.here.look()
        assert play.wire(number)["PaidAmount"] == play.wire(number)["TotalCost"]
        assert list(play.here.warehouse.orders) == [number]
        with pytest.raises(Refusal, match=r"Order 10001 is not waiting for a payment: it is paid"):
            play("shop/pay", order=number)


def test_a_tag_put_on_later_brings_the_order_and_is_taken_off_again() -> None:
    with sandbox() as play:
        number = play.at_warehouse(no_tag=True)
        assert list(play.here.warehouse.orders) == []
        play("shop/tag", order=number, tags=[TAG])
        play.here.look()
        assert list(play.here.warehouse.orders) == [number]
        play("shop/untag", order=number, tags=[RECEIVED.upper()])
        assert play.here.tags(int(number)) == {TAG}
        with pytest.raises(Refusal, match=r"has no tag gift\. The nearest: bibi"):
            play("shop/untag", order=number, tags=["gift"])


def test_many_orders_at_once_have_numbers_of_their_own() -> None:
    with sandbox() as play:
        done = play("shop/create-order", count=20)
        assert [one["order"] for one in done["orders"]] == [str(number) for number in range(10_001, 10_021)]
        assert len({id(one["OrderItems"][0]) for one in play.here.shop.orders.values()}) == 20


def test_what_is_left_out_is_as_with_the_shops_first_order() -> None:
    with sandbox() as play:
        play.create(country="GB", currency="GBP")
        play.create()
        wire = play.wire("10002")
        assert (wire["Currency"], wire["ShippingAddress"]["CountryISO2"]) == ("GBP", "GB")


def test_r38_a_merge_ships_all_goods_once() -> None:
    with sandbox(changes="automatic") as play:
        first, second = play.create(), play.create(items=["TEE-01:2"])
        play.here.look()
        assert play("shop/merge", order=first, other=second)["said"] == (
            "acme 10001 has taken over order 10002: 1 x MUG-01, 2 x TEE-01, 39.90 USD"
        )
        play.here.look()
        play.here.run_on()
        assert play.here.lines(int(first)) == [("MUG-01", 1), ("TEE-01", 2)]
        assert (play.here.lines(int(second)), play.here.status(int(second))) == ([], "cancelled")


def test_orders_of_two_merchants_are_not_merged() -> None:
    with sandbox("other") as play:
        play.create(merchant="acme")
        play.create(merchant="other")
        play.create(merchant="other")
        with pytest.raises(Refusal, match=r"order 10002 of other: Billbee merges orders of one account only"):
            play("shop/merge", order="ACME-10001", other="10002")
        assert len(play.here.merchants["other"].shop.orders) == 2


def test_what_cannot_be_merged_says_why() -> None:
    with sandbox() as play:
        play.create()
        play.create(currency="EUR")
        play.create()
        play("shop/cancel", order="10003")
        with pytest.raises(Refusal, match=r"cannot be merged with itself"):
            play("shop/merge", order=FIRST, other="ACME-10001")
        with pytest.raises(Refusal, match=r"different currencies: USD and EUR"):
            play("shop/merge", order=FIRST, other="10002")
        with pytest.raises(Refusal, match=r"Order 10003 has ended: it is canceled"):
            play("shop/merge", order=FIRST, other="10003")


def test_r38_a_refund_of_all_is_a_credit_note_and_stops_the_order() -> None:
    with sandbox(changes="automatic") as play:
        number = play.at_warehouse()
        play("shop/refund", order=number)
        note = play.wire("10002")
        assert (note["IsCancelationFor"], note["TotalCost"]) == (play.wire(number)["Id"], -10.0)
        play.here.look()
        play.here.run_on()
        assert play.here.status(int(number)) == "cancelled"
        with pytest.raises(Refusal, match=r"All of order 10001 is credited already"):
            play("shop/refund", order=number)
        with pytest.raises(Refusal, match=r"Order 10002 is a credit note itself"):
            play("shop/refund", order="10002")


def test_r38_a_refund_of_some_pieces_leaves_the_rest_to_be_refunded() -> None:
    with sandbox() as play:
        number = play.at_warehouse(items=["MUG-01:3", "TEE-01"])
        assert play("shop/refund", order=number, items=["MUG-01:2"])["order"]["total"] == "-20.00 USD"
        with pytest.raises(Refusal, match=r"1 of the 3 x MUG-01 of order 10001 can still be credited"):
            play("shop/refund", order=number, items=["MUG-01:2"])
        play("shop/refund", order=number)
        assert play.wire("10003")["TotalCost"] == -20.0
        play.here.look()
        play.here.run_on()
        assert play.here.codes(int(number))


def test_r38_a_copy_keeps_the_received_tag_and_is_rejected() -> None:
    with sandbox() as play:
        number = play.at_warehouse()
        copied = play("shop/copy", order=number)["order"]["order"]
        play.here.wait(minutes=20)
        play.here.poll("all")
        play.here.push()
        assert play.here.tags(int(copied)) == {TAG, RECEIVED, REJECTED}
        assert list(play.here.warehouse.orders) == [number]


def test_r37_another_quantity_and_another_address_reach_the_warehouse() -> None:
    with sandbox(changes="automatic") as play:
        number = play.at_warehouse(items=["MUG-01:2", "TEE-01"])
        play("shop/change-quantity", order=number, sku="MUG-01", quantity=3)
        play("shop/edit-address", order=number, street="Elm Street", house_number="5")
        assert Decimal(str(play.wire(number)["TotalCost"])) == Decimal("44.95")
        play.here.look()
        play.here.run_on()
        booked = play.here.warehouse.orders[number].submission
        assert [line.quantity for line in booked.lines] == [3, 1]
        assert "Elm Street" in booked.ship_to["Address1"]
        play("shop/change-quantity", order=number, sku="TEE-01", quantity=0)
        assert [line["Product"]["SKU"] for line in play.wire(number)["OrderItems"]] == ["MUG-01"]


def test_cancelled_in_billbee_is_cancelled_at_the_warehouse() -> None:
    with sandbox() as play:
        number = play.at_warehouse()
        play("shop/cancel", order=number)
        play.here.look()
        play.here.run_on()
        assert play.here.warehouse.orders[number].status == "Cancelled"


@pytest.mark.parametrize(
    ("act", "given"),
    [
        ("tag", {"tags": ["x"]}),
        ("untag", {"tags": [TAG]}),
        ("cancel", {}),
        ("pay", {}),
        ("edit-address", {"city": "Austin"}),
        ("change-quantity", {"sku": "MUG-01", "quantity": 2}),
        ("message", {"text": "Hello"}),
    ],
)
@pytest.mark.parametrize("end", ["cancelled", "deleted", "archived"])
def test_an_act_on_an_ended_order_is_refused_and_changes_nothing(act: str, given: dict[str, Any], end: str) -> None:
    with sandbox() as play:
        number = play.create()
        if end == "archived":
            play.here.shop.archive(int(number))
        else:
            play.here.shop.set_state(int(number), 8 if end == "cancelled" else 6)
        before = str(play.wire(number))
        with pytest.raises(Refusal, match=r"Order 10001 has ended: it is"):
            play(f"shop/{act}", order=number, **given)
        assert str(play.wire(number)) == before


def test_the_buyer_and_the_shop_write() -> None:
    with sandbox() as play:
        number = play.create()
        play("shop/message", order=number, text="It is a present")
        play("shop/message", order=number, text="Thank you", from_shop=True)
        assert [(one["FromCustomer"], one["Text"]) for one in play.wire(number)["Comments"]] == [
            (True, "It is a present"),
            (False, "Thank you"),
        ]


def test_an_unknown_name_says_which_is_nearest() -> None:
    with sandbox() as play:
        play.create(count=1)
        with pytest.raises(Refusal, match=r"There is no order 10010\. The nearest: .*10001"):
            play("shop/show", order="10010")
        with pytest.raises(Refusal, match=r"The shop has no MUG-1\. The nearest: MUG-01"):
            play.create(items=["MUG-1"])
        with pytest.raises(Refusal, match=r"There is no merchant acne\. The nearest: acme"):
            play.create(merchant="acne")
        with pytest.raises(Refusal, match=r"There is no act shop/explode"):
            play("shop/explode")


def test_a_product_that_the_shop_does_not_have_is_sold_at_a_price_and_rejected_by_the_warehouse() -> None:
    with sandbox() as play:
        number = play.at_warehouse(items=["GHOST:1:9.95"])
        assert REJECTED in play.here.tags(int(number))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"items": ["MUG-01:0.5:x"]}, "The shop has no MUG-01:0.5:x"),
        ({"items": ["MUG-01:99999"]}, "at most 10000 pieces"),
        ({"personalise": ["Engraving"]}, "write NAME=TEXT"),
        ({"country": "Germany"}, "country: "),
        ({"shipping": "-1"}, "shipping: "),
        ({"count": 0}, "count: "),
        ({"colour": "blue"}, "colour: "),
    ],
)
def test_bad_input_creates_no_order(given: dict[str, Any], why: str) -> None:
    with sandbox() as play:
        with pytest.raises(Refusal, match=why):
            play.create(**given)
        assert play.here.shop.orders == {}


def test_an_order_of_that_number_at_two_merchants_asks_whose() -> None:
    with sandbox("other") as play:
        play.create(merchant="acme")
        play.create(merchant="other")
        with pytest.raises(
            Refusal, match=r"Several merchants have an order 10001: acme, other\. Name one with --merchant"
        ):
            play("shop/cancel", order="10001")
        play("shop/cancel", order="10001", merchant="other")
        assert play.wire("10001")["State"] == 3


def test_two_acts_at_once_are_done_one_after_the_other() -> None:
    with sandbox() as play, ThreadPoolExecutor(8) as people:
        play.create(unpaid=True)

        def pay(_: int) -> int:
            with suppress(Refusal):
                play("shop/pay", order=FIRST)
                return 1
            return 0

        assert sum(people.map(pay, range(16))) == 1
        numbers = list(people.map(lambda _: play.create(), range(16)))
        assert len(set(numbers)) == 16


def test_a_list_shows_what_is_there_and_changes_nothing() -> None:
    with sandbox() as play:
        play.here.shop.add_product(product("EBOOK", is_digital=True))
        play.create(items=["MUG-01", "EBOOK"])
        (only,) = play("shop/list")["orders"]
        assert (only["order"], only["items"], only["state"]) == (FIRST, "1 x MUG-01, 1 x EBOOK", "paid")
        assert play("shop/show", order=FIRST)["order"]["to"] == "Jane Doe, Willis Avenue 123, 91402 Los Angeles CA, US"
        assert play.places.news() == ["acme 10001 arrived in Billbee: 1 x MUG-01, 1 x EBOOK to US, 24.95 USD"]
        assert play.places.news() == []


def test_a_sandbox_beside_a_real_service_only_looks() -> None:
    with sandbox() as play:
        play.create()
        play.places.closed = "The sandbox is closed: --bibi-url names a service that is not on this machine"
        with pytest.raises(Refusal, match=r"--bibi-url"):
            play.create()
        with pytest.raises(Refusal, match=r"--bibi-url"):
            play("warehouse/step")
        assert len(play("shop/list")["orders"]) == 1
