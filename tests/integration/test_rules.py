"""R40: orders go out as the first rule says that they meet; the ledger, `order why` and `rules try` say which."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from local.simulators.billbee.orders import address, item
from orderbridge.desk.explain_import import explain_import
from orderbridge.desk.next_step import next_step_in_words
from orderbridge.desk.try_rules import Trial, try_rules
from orderbridge.jobs.messages import PushOrder
from orderbridge.merchants.rules import Rule
from testkit.routes import CHANGE, HOLD, STATUS, SUBMIT, TAGS
from testkit.world import RECEIVED, REJECTED, TAG, World, world
from tests.integration.after_import import HOLDING, LANDED, NOT_LANDED, fault, survives_every_crash, toggles

HEAVY = {
    "name": "heavy abroad",
    "when": {"country": ["DE", "CA"], "weight_grams": {"min": 1000}},
    "then": {"ship_method": "83", "offer_code": "HEAVY", "rush": True, "comment": "Two people lift it."},
}
DEAR = {"name": "dear", "when": {"value": {"min": 100, "currency": "USD"}}, "then": {"hold": True}}
NO_POSTERS = {
    "name": "no posters abroad",
    "when": {"sku": "poster", "country": "DE"},
    "then": {"reject": "Posters are sold in the United States only."},
}
BY_TAG = {"name": "express", "when": {"tag": "express"}, "then": {"ship_method": "03"}}
RULES = [NO_POSTERS, HEAVY, DEAR, BY_TAG]
GERMANY = address(country="DE", state="", zip_code="10115", city="Berlin")


def ruled(*rules: dict[str, Any], **settings: Any) -> Any:
    """A world with a merchant who has these rules."""
    return world(rules=list(rules or RULES), **settings)


def sold_dear(here: World, *orders: int) -> None:
    here.imported(*orders, lines=[item("MUG-01", quantity=12)])


def at_warehouse(here: World, order: int = 1) -> str:
    return here.warehouse.orders[str(order)].status


# ---- Orders go out as the rule says


def test_r40_a_rule_gives_ship_method_offer_code_rush_and_comment() -> None:
    with ruled() as here:
        here.configure(bibi={"send_buyer_message": True})
        here.imported(lines=[item("MUG-01", quantity=5)], ship_to=GERMANY, message="Ring twice.")
        sent = here.warehouse.orders["1"].submission
        assert {one.ship_method for one in sent.lines} == {"83"}
        assert (sent.source, sent.rush, sent.comment) == ("HEAVY", True, "Ring twice.\nTwo people lift it.")
        record = here.record(1)
        assert (record.rule, record.rule_holds) == ("heavy abroad", False)
        assert "claimed for sending; the rule 'heavy abroad' applies" in [one.why for one in record.timeline]


def test_r40_a_territory_meets_its_rule_also_where_the_shop_writes_it_as_a_state() -> None:
    island = {"name": "islands", "when": {"country": "PR"}, "then": {"ship_method": "05"}}
    home = {"name": "home", "when": {"country": "US"}, "then": {"ship_method": "03"}}
    with ruled(island, home) as here:
        here.imported(ship_to=address(country="US", state="Puerto Rico", zip_code="00926", city="San Juan"))
        assert {one.ship_method for one in here.warehouse.orders["1"].submission.lines} == {"05"}
        assert here.record(1).rule == "islands"


def test_r40_an_order_that_meets_no_rule_goes_out_as_the_other_settings_say() -> None:
    with ruled() as here:
        here.configure(bibi={"default_ship_method": "05"})
        here.imported()
        sent = here.warehouse.orders["1"].submission
        assert ({one.ship_method for one in sent.lines}, sent.source, sent.rush, sent.comment) == (
            {"05"},
            "WEB",
            False,
            "",
        )
        assert here.record(1).rule is None


def test_r40_the_first_of_two_rules_applies_and_nothing_of_the_second() -> None:
    with ruled(BY_TAG, DEAR) as here:
        here.imported(lines=[item("MUG-01", quantity=12)], tags=[TAG, "Express"])
        assert (here.record(1).rule, at_warehouse(here), toggles(here)) == ("express", "New", 0)


def test_r40_a_rule_rejects_with_the_merchants_text() -> None:
    with ruled() as here:
        here.imported(lines=[item("POSTER")], ship_to=GERMANY)
        assert (here.status(1), here.submitted("1")) == ("rejected", 0)
        assert REJECTED in here.tags(1)
        [told] = here.told(1)
        assert told.startswith(
            "The rule 'no posters abroad' of the settings rejects this order: Posters are sold in the United States"
            " only. [OB-140]"
        )
        here.shop.change(1, ShippingAddress=address())
        here.shop.remove_tag(1, REJECTED)
        here.look()
        assert (here.status(1), here.submitted("1")) == ("acknowledged", 1)


@pytest.mark.parametrize(("length", "status"), [(25, "acknowledged"), (26, "rejected")])
def test_r40_r35_a_comment_that_has_no_room_beside_the_personalisation_is_not_cut(length: int, status: str) -> None:
    note = {"name": "note", "when": {}, "then": {"comment": "Do not bend."}}
    with ruled(note) as here:
        here.configure(bibi={"longest_description": 20, "longest_comment": 50})
        engraving = "x" * (length - len("Text: "))
        here.imported(lines=[item("MUG-01", attributes={"Text": engraving})])
        assert here.status(1) == status
        if status == "acknowledged":
            comment = here.warehouse.orders["1"].submission.comment
            assert comment == f"1 x MUG-01: Text: {engraving}\nDo not bend."
            assert len(comment) == 50
        else:
            [told] = here.told(1)
            assert "has 38 characters, and the order comment holds 37" in told


def test_r40_an_order_with_another_problem_is_told_of_that_first() -> None:
    with ruled() as here:
        here.imported(lines=[item("POSTER")], ship_to=address(country="DE", state="", zip_code="10115", city=""))
        [told] = here.told(1)
        assert "[OB-104]" in told
        assert "[OB-140]" not in told


def test_r40_the_rules_are_those_of_the_moment_when_the_order_is_sent() -> None:
    with ruled(DEAR) as here:
        here.sell(1, item("MUG-01", quantity=12))
        here.poll()
        here.configure(rules=[BY_TAG])
        here.push()
        assert (here.record(1).rule, at_warehouse(here)) == (None, "New")


def test_r40_without_rules_and_with_rules_an_order_costs_the_same_calls() -> None:
    def calls(**settings: Any) -> list[str]:
        with world(**settings) as here:
            here.imported(1, 2, shipping_product="DHL")
            return sorted(call.name for call in [*here.billbee.calls, *here.bibi.calls])

    assert calls() == calls(rules=[HEAVY, DEAR, BY_TAG])


def test_r40_in_mode_test_the_rule_is_noted_and_nothing_is_held() -> None:
    with ruled(mode="test") as here:
        sold_dear(here)
        assert toggles(here) == 0
        assert (here.tags(1), here.record(1).rule) == ({TAG}, "dear")
        assert f"it would get the tag {RECEIVED} and {HOLDING}; the rule 'dear' applies" in (
            here.record(1).reason or ""
        )


# ---- Hold


def test_r40_a_rule_holds_an_order_once_and_the_merchant_releases_it_by_the_tag() -> None:
    with ruled() as here:
        sold_dear(here)
        assert (here.status(1), at_warehouse(here), toggles(here)) == ("held", "Pending", 1)
        assert here.tags(1) == {TAG, RECEIVED, HOLDING}
        assert here.billbee.count(TAGS) == 1  # both tags in one call
        assert "tagged as received and held, for the rule 'dear'" in [one.why for one in here.record(1).timeline]
        assert "as the rule 'dear' asks" in next_step_in_words(here.record(1), None, here.clock.now()).english
        for _ in range(3):
            here.cycle()
        here.shop.remove_tag(1, HOLDING)
        here.look()
        for _ in range(3):
            here.cycle()
        here.poll("all")
        here.push()
        assert (here.status(1), at_warehouse(here), toggles(here)) == ("acknowledged", "New", 2)
        assert here.tags(1) == {TAG, RECEIVED}
        assert here.told(1) == []


def test_r40_many_orders_at_once_are_each_held_once() -> None:
    with ruled() as here:
        for order in range(1, 14):
            here.sell(order, item("MUG-01", quantity=12))
        here.look(0)
        here.run_on()
        assert {here.status(order) for order in range(1, 14)} == {"held"}
        assert (toggles(here), here.billbee.count(TAGS)) == (13, 13)


def test_r40_an_order_whose_message_has_no_room_for_it_is_held_at_once() -> None:
    with ruled() as here, patch.object(PushOrder, "LARGEST", 100):
        here.sell(1, item("MUG-01", quantity=12))
        here.poll()
        here.bibi.faults.add(fault("drop_after", SUBMIT))
        here.push()
        assert (here.status(1), at_warehouse(here), toggles(here)) == ("held", "Pending", 1)


def test_r40_an_order_that_the_warehouse_has_begun_is_not_held_and_its_merchant_is_told() -> None:
    with ruled() as here, here.inside(TAGS, lambda: here.warehouse.set_status("1", "Processed")):
        sold_dear(here)
        assert at_warehouse(here) == "Processed"
        [told] = here.told(1)
        assert told.endswith("[OB-404]")


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
@pytest.mark.parametrize("route", [SUBMIT, TAGS, HOLD, STATUS])
def test_r40_whatever_becomes_of_a_call_the_order_is_sent_once_and_held_once(route: str, kind: str) -> None:
    with ruled() as here:
        vendor = here.billbee if route == TAGS else here.bibi
        vendor.faults.add(fault(kind, route))
        sold_dear(here)
        here.run_on()
        assert (here.status(1), at_warehouse(here), here.submitted("1")) == ("held", "Pending", 1)
        landed = sum(1 for call in here.bibi.calls if call.name == HOLD and call.fault == "delay_before")
        assert toggles(here) + landed == 1


def test_r40_a_crash_after_any_call_leaves_the_order_sent_once_and_held() -> None:
    calls, others = survives_every_crash(lambda here: here.configure(rules=RULES), sold_dear)
    assert calls > 5
    assert others == {}


# ---- What the merchant changes later, R11


def test_r40_a_changed_order_meets_the_rules_anew() -> None:
    with ruled() as here:
        here.imported()
        here.shop.add_tags(1, ["express"])
        here.look()
        assert (here.record(1).rule, here.bibi.count(CHANGE)) == (None, 0)
        here.shop.remove_tag(1, RECEIVED)
        here.look()
        assert here.record(1).rule == "express"
        assert {one.ship_method for one in here.warehouse.orders["1"].submission.lines} == {"03"}
        assert "changed at the warehouse; the rule 'express' applies" in [one.why for one in here.record(1).timeline]


def test_r40_a_change_that_a_rule_rejects_is_refused_with_the_rules_text() -> None:
    with ruled() as here:
        here.imported(ship_to=GERMANY)
        here.shop.change(1, OrderItems=[item("POSTER")])
        here.shop.remove_tag(1, RECEIVED)
        here.look()
        [told] = here.told(1)
        assert "Posters are sold in the United States only. [OB-140]" in told
        assert here.bibi.count(CHANGE) == 0


@pytest.mark.parametrize("kind", [None, *LANDED, *NOT_LANDED])
def test_r40_a_change_by_which_a_rule_holds_the_order_holds_it_once(kind: str | None) -> None:
    with ruled() as here:
        here.imported()
        here.shop.change(1, OrderItems=[item("MUG-01", quantity=12)], TotalCost=120.0)
        here.shop.remove_tag(1, RECEIVED)
        if kind is not None:
            here.bibi.faults.add(fault(kind, HOLD))
        here.look()
        here.run_on()
        assert (here.status(1), at_warehouse(here), here.tags(1)) == ("held", "Pending", {TAG, RECEIVED, HOLDING})
        here.shop.remove_tag(1, HOLDING)
        here.shop.change(1, OrderItems=[item("MUG-01", quantity=13)], TotalCost=130.0)
        here.shop.remove_tag(1, RECEIVED)
        here.look()
        here.run_on()
        assert (here.status(1), at_warehouse(here)) == ("acknowledged", "New")  # its merchant has released it


HOLD_BY_TAG = {"name": "check", "when": {"tag": "check"}, "then": {"hold": True}}


def look_often(here: World) -> None:
    for _ in range(8):
        here.look(10)


def test_r40_r37_a_tag_that_a_rule_asks_for_is_brought_to_the_warehouse_unasked_where_changes_are() -> None:
    with ruled(BY_TAG, HOLD_BY_TAG, changes="automatic") as here:
        here.imported(1, 2)
        here.shop.add_tags(1, ["express"])
        here.shop.add_tags(2, ["check"])
        look_often(here)
        assert {one.ship_method for one in here.warehouse.orders["1"].submission.lines} == {"03"}
        assert (here.record(1).rule, here.status(1), here.bibi.count(CHANGE)) == ("express", "acknowledged", 2)
        assert (here.record(2).rule, here.status(2), at_warehouse(here, 2), toggles(here)) == (
            "check",
            "held",
            "Pending",
            1,
        )


def test_r40_r37_a_tag_that_a_rule_asks_for_is_told_once_with_what_it_changes() -> None:
    with ruled(BY_TAG, HOLD_BY_TAG) as here:
        here.imported(1, 2)
        here.shop.add_tags(1, ["express"])
        here.shop.add_tags(2, ["check"])
        look_often(here)
        [method], [hold] = here.told(1), here.told(2)
        assert "ship method" in method
        assert "hold" in hold
        assert here.bibi.count(CHANGE) == toggles(here) == 0
        here.shop.remove_tag(2, RECEIVED)
        look_often(here)
        assert (here.status(2), at_warehouse(here, 2), toggles(here)) == ("held", "Pending", 1)


LATER = {"name": "gifts", "when": {"tag": "gift"}, "then": {"ship_method": "05", "hold": True, "comment": "Wrap it."}}


@pytest.mark.parametrize("changes", ["ask", "tell", "automatic"])
@pytest.mark.parametrize(
    ("before", "after"),
    [([], [BY_TAG, LATER]), ([BY_TAG, LATER], []), ([BY_TAG], [BY_TAG | {"then": {"ship_method": "05"}}, LATER])],
)
def test_r40_r37_a_rule_that_is_set_removed_or_edited_later_is_no_change_of_orders_with_its_tag(
    before: list[dict[str, Any]], after: list[dict[str, Any]], changes: str
) -> None:
    with world(rules=before, changes=changes) as here:
        here.imported(1, tags=[TAG, "Express", "gift"])
        here.imported(2, tags=[TAG, "gift"])
        held = here.tags(2)
        sent = {number: here.warehouse.orders[number].submission for number in ("1", "2")}
        here.configure(rules=after)
        for _ in range(2):
            for order in (1, 2):
                comment = {"Id": 5, "FromCustomer": True, "Text": "When?", "Name": "Jane", "Created": None}
                here.shop.change(order, Comments=[*here.shop.orders[order]["Comments"], comment])
            here.run_on()
        for order in (1, 2):
            here.warehouse.set_status(str(order), "Processed")
            here.shop.remove_tag(order, RECEIVED)
        here.look()
        here.run_on()
        assert (here.told(1), here.told(2), here.bibi.count(CHANGE)) == ([], [], 0)
        assert (here.record(1).difference, here.record(2).difference) == (None, None)
        assert {number: here.warehouse.orders[number].submission for number in ("1", "2")} == sent
        assert (here.tags(2), RECEIVED in here.tags(1)) == (held, True)


def test_r40_a_tag_that_rules_asked_for_when_the_order_was_sent_is_content_whatever_rules_there_are_now() -> None:
    with ruled(BY_TAG) as here:
        here.imported(1, 2)
        here.configure(rules=[LATER, BY_TAG])
        here.shop.add_tags(1, ["express"])
        here.shop.add_tags(2, ["gift"])  # no rule asked for it when the order was sent
        here.shop.touch(1)
        here.shop.touch(2)
        here.run_on()
        assert (here.codes(1), here.codes(2)) == (["OB-407"], [])


def test_r40_r10_a_rule_that_is_set_after_an_order_was_adopted_is_no_change_of_it() -> None:
    with world(changes="tell") as here:
        here.imported(1, tags=[TAG, "gift"])
        here.lose_the_ledger()
        here.poll()
        assert here.record(1).adopted
        here.configure(rules=[LATER])
        here.shop.touch(1)
        here.run_on()
        assert (here.told(1), here.record(1).difference) == ([], None)


def test_r40_r37_a_rule_that_changes_nothing_for_an_order_with_its_tag_says_nothing() -> None:
    with world() as here:
        here.imported(tags=[TAG, "express"])
        here.configure(rules=[BY_TAG | {"then": {"ship_method": "24"}}])
        here.shop.change(1, SellerComment="touched")
        look_often(here)
        assert (here.told(1), here.bibi.count(CHANGE), here.record(1).difference) == ([], 0, None)


# ---- order why


def why(here: World, order: int = 1) -> dict[str, tuple[bool, str, str]]:
    workspace = here.workspace()
    checks = explain_import(workspace, workspace.hub.order(order))
    return {check.rule: (check.passed, check.text, check.remedy) for check in checks}


def test_r40_order_why_says_which_rule_applies_or_that_none_does() -> None:
    with ruled() as here:
        here.sell(1, item("MUG-01", quantity=5), ship_to=GERMANY)
        here.sell(2)
        here.sell(3, item("POSTER"), ship_to=GERMANY)
        here.sell(4, item("MUG-01", weight=0))
        assert why(here)["R40 rules"] == (
            True,
            "the rule 'heavy abroad' applies: ship method 83, offer code HEAVY, rush, comment 'Two people lift it.'",
            "",
        )
        assert why(here)["R4 ship method"][1] == "83, by the rule 'heavy abroad'"
        assert why(here, 2)["R40 rules"][1] == "the order meets none of the 4"
        assert why(here, 3)["R2 OB-140"] == (
            False,
            "The rule 'no posters abroad' of the settings rejects this order",
            "Posters are sold in the United States only",
        )
        assert why(here, 4)["R40 rules"][1] == (
            "the order meets none of the 4; its weight is not known, because a product has none in Billbee"
        )


def test_without_rules_order_why_says_nothing_about_them() -> None:
    with world() as here:
        here.sell(1)
        assert "R40 rules" not in why(here)


# ---- rules try


def orders_kept(here: World) -> list[dict[str, Any]]:
    return [one for one in here.items() if one["sk"]["S"].startswith("ORDER#")]


def tried(here: World, *after: dict[str, Any], before: tuple[dict[str, Any], ...] = (), days: int = 14) -> Trial:
    old, new = ([Rule.model_validate(one) for one in some] for some in (before, after))
    return try_rules(here.workspace(), old, new, since=here.clock.now() - timedelta(days=days))


def test_r40_rules_try_shows_what_would_be_different_and_writes_nothing() -> None:
    with world() as here:
        here.imported(1, lines=[item("MUG-01", quantity=5)], ship_to=GERMANY, order_number="S-1")
        here.imported(2, lines=[item("POSTER")], ship_to=GERMANY)
        here.imported(3, lines=[item("MUG-01", quantity=12)])
        here.imported(4)
        here.sell(5, ship_to=address(city=""))
        here.sell(6, tags=[])
        calls, items = len(here.billbee.calls), orders_kept(here)
        trial = tried(here, *RULES)
        assert [(one.billbee_id, one.fields) for one in trial.differences] == [
            (
                1,
                {
                    "rule": (None, "heavy abroad"),
                    "ship_method": ("81", "83"),
                    "offer_code": ("", "HEAVY"),
                    "rush": (False, True),
                    "comment": ("", "Two people lift it."),
                },
            ),
            (
                2,
                {
                    "rule": (None, "no posters abroad"),
                    "reject": ("", "Posters are sold in the United States only."),
                },
            ),
            (3, {"rule": (None, "dear"), "hold": (False, True)}),
        ]
        assert (trial.read, trial.not_sent, trial.unread, trial.calls) == (5, 1, 0, 1)
        assert trial.applied == {"heavy abroad": 1, "no posters abroad": 1, "dear": 1, "express": 0}
        assert [call.name for call in here.billbee.calls[calls:]] == ["GET /orders"]
        assert orders_kept(here) == items


def test_r40_rules_try_compares_two_lists_and_another_name_alone_is_no_difference() -> None:
    with world() as here:
        here.imported(1, lines=[item("MUG-01", quantity=12)])
        assert tried(here, DEAR | {"name": "expensive"}, before=(DEAR,)).differences == []
        [one] = tried(here, before=(DEAR,)).differences
        assert one.fields == {"rule": ("dear", None), "hold": (True, False)}


def test_r40_rules_try_looks_at_the_orders_of_the_days_that_were_asked_for() -> None:
    with world() as here:
        here.imported(1)
        here.wait(hours=72)
        here.imported(2)
        here.shop.add_tags(1, ["changed-today"])
        assert (tried(here, DEAR, days=2).read, tried(here, DEAR, days=14).read) == (1, 2)


def test_r40_rules_try_reads_a_page_for_250_orders_and_says_what_it_left_out_when_time_is_over() -> None:
    with world() as here:
        for number in range(1, 302):
            here.sell(number)
        trial = tried(here, DEAR)
        assert (trial.read, trial.calls, trial.unread) == (301, 2, 0)
        workspace = here.workspace()
        here.seconds_left = lambda: 30.0
        cut = try_rules(workspace, [], [Rule.model_validate(DEAR)], since=here.clock.now() - timedelta(days=14))
        assert (cut.read, cut.calls, cut.unread) == (250, 1, 51)
