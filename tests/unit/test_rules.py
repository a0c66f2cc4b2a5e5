"""R40: what a rule may say in the settings, and which rule applies to an order."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.ledger.tags import Tags, marked
from orderbridge.merchants.rules import Conditions, Rule
from orderbridge.merchants.settings import MerchantSettings, find_settings, parse_settings
from orderbridge.orders.deciding_rule import Facts, deciding_rule, facts_of, meets
from orderbridge.platform.errors import SettingsError
from tests.builders import address, bundle, component, digital, discount, line, order

_LEAST: dict[str, Any] = {"billbee": {"username": "shop@acme.example", "order_tag": "bibi"}}
_HOLD: dict[str, Any] = {"hold": True}


def rule(name: str = "a", when: dict[str, Any] | None = None, **then: Any) -> dict[str, Any]:
    return {"name": name, "when": when or {}, "then": then or _HOLD}


def settings(*rules: Any) -> MerchantSettings:
    return parse_settings("acme", json.dumps(_LEAST | {"rules": list(rules)}))


def conditions(**when: Any) -> Conditions:
    return Conditions.model_validate(when)


def facts(*lines: Any, components: Any = None, country: str = "US", **changes: Any) -> Facts:
    return facts_of(order(*lines, **changes), components or {}, (country,))


# ---- What the settings refuse


@pytest.mark.parametrize(
    ("rules", "key", "reason"),
    [
        ({"a": 1}, "rules", "must be a list of rules"),
        ([rule(), rule("b") | {"until": "2027"}], "rules.2.until", "unknown key"),
        ([rule(when={"skus": ["A"]})], "rules.1.when.skus", "unknown key"),
        ([rule(ship_metod="84")], "rules.1.then.ship_metod", "unknown key"),
        ([{"when": {}, "then": _HOLD}], "rules.1.name", "is missing"),
        ([rule(" ")], "rules.1.name", "String should have at least 1 character"),
        ([rule("x" * 61)], "rules.1.name", "String should have at most 60 characters"),
        ([rule("two\nlines")], "rules.1.name", "a text of one line, without control characters"),
        ([{"name": "a", "then": _HOLD}], "rules.1.when", "is missing"),
        ([{"name": "a", "when": {}}], "rules.1.then", "is missing"),
        (
            [{"name": "a", "when": {}, "then": {}}],
            "rules.1.then",
            "has no consequence: name ship_method, offer_code, hold, rush, comment or reject",
        ),
        (
            [rule(hold=False, rush=False)],
            "rules.1.then",
            "has no consequence: name ship_method, offer_code, hold, rush, comment or reject",
        ),
        (
            [rule(reject="No.", rush=True)],
            "rules.1.then",
            "an order that is rejected is not sent, so reject stands alone",
        ),
        ([rule(comment="x" * 251)], "rules.1.then.comment", "String should have at most 250 characters"),
        ([rule(reject="x" * 501)], "rules.1.then.reject", "String should have at most 500 characters"),
        ([rule(ship_method=84)], "rules.1.then.ship_method", "Input should be a valid string"),
        ([rule(when={"sku": []})], "rules.1.when.sku", "an empty list: leave it out, or name at least one"),
        ([rule(when={"shop": True})], "rules.1.when.shop.1", "Input should be a valid string"),
        (
            [rule(when={"country": ["US", "EU"]})],
            "rules.1.when.country.2",
            "not a country: use its two-letter code, such as DE",
        ),
        ([rule(when={"quantity": {}})], "rules.1.when.quantity", "needs min, max, or both"),
        (
            [rule(when={"quantity": {"min": 3, "max": 2}})],
            "rules.1.when.quantity",
            "min is larger than max, so no order meets it",
        ),
        (
            [rule(when={"weight_grams": {"min": 2.5, "max": 2}})],
            "rules.1.when.weight_grams",
            "min is larger than max, so no order meets it",
        ),
        (
            [rule(when={"quantity": {"max": 0}})],
            "rules.1.when.quantity.max",
            "Input should be greater than or equal to 1",
        ),
        ([rule(when={"quantity": {"min": 1.5}})], "rules.1.when.quantity.min", "Input should be a multiple of 1"),
        ([rule(when={"value": {"min": 100}})], "rules.1.when.value.currency", "is missing"),
        (
            [rule(when={"value": {"min": 100, "currency": "EURO"}})],
            "rules.1.when.value.currency",
            "not a currency: use its ISO 4217 code, such as EUR",
        ),
        (
            [rule(when={"value": {"min": -1, "currency": "EUR"}})],
            "rules.1.when.value.min",
            "Input should be greater than or equal to 0",
        ),
        ([rule("Heavy"), rule("heavy")], "rules", "rules 1 and 2 have the same name 'heavy'"),
        (
            [rule("all"), rule("US", {"country": "US"})],
            "rules",
            "rule 2 'US' is never used: rule 1 'all' takes all of its orders",
        ),
        (
            [rule("some", {"sku": ["a", "B"]}), rule("other", {"tag": "x"}), rule("one", {"sku": "b", "tag": "y"})],
            "rules",
            "rule 3 'one' is never used: rule 1 'some' takes all of its orders",
        ),
        (
            [rule("tees", {"sku": "TEE-*"}), rule("black", {"sku": ["tee-blk-*", "TEE-1"]})],
            "rules",
            "rule 2 'black' is never used: rule 1 'tees' takes all of its orders",
        ),
        (
            [rule("late", {"tag": ["vip", "Order_Received_By_Bibi"]})],
            "rules",
            "rule 1 'late' asks for order_received_by_bibi, which orderbridge sets itself",
        ),
        ([rule(str(n), {"sku": str(n)}) for n in range(51)], "rules", "51 rules; there may be 50"),
    ],
)
def test_r40_a_rule_that_could_not_work_as_it_reads_is_refused(rules: Any, key: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings("acme", json.dumps(_LEAST | {"rules": rules}))
    assert (caught.value.key, caught.value.reason) == (key, reason)


def test_r40_a_comment_is_no_longer_than_the_account_takes() -> None:
    said = {"bibi": {"longest_comment": 10}, "rules": [rule("short", {"tag": "x"}), rule("long", comment="x" * 11)]}
    with pytest.raises(SettingsError) as caught:
        parse_settings("acme", json.dumps(_LEAST | said))
    assert (caught.value.key, caught.value.reason) == (
        "rules",
        "the comment of rule 2 'long' is longer than bibi.longest_comment",
    )


def test_r40_a_single_value_is_a_list_of_one_and_an_id_may_be_a_number() -> None:
    [one] = settings(rule(when={"shop": 4711, "country": "us", "tag": "vip"})).rules
    assert (one.when.shop, one.when.country, one.when.tag) == (("4711",), ("US",), ("vip",))


def test_r40_a_country_may_be_given_by_name() -> None:
    [one] = settings(rule(when={"country": ["Germany", "UK"]})).rules
    assert one.when.country == ("DE", "GB")


def test_r40_a_function_of_an_older_release_stops_rather_than_use_a_rule_without_one_of_its_conditions() -> None:
    newer = _LEAST | {"rules": [rule(when={"weekday": "friday"}, reject="No.")], "newer": 1}
    with pytest.raises(SettingsError) as caught:
        find_settings("acme", json.dumps(newer))
    assert (caught.value.key, caught.value.reason) == ("rules.1.when.weekday", "unknown key")


def test_r40_the_example_of_the_documentation_is_valid() -> None:
    _, _, section = Path("docs/settings.md").read_text("utf-8").partition("## Rules")
    example = re.findall(r"```json\n(.*?)```", section, re.DOTALL)[0]
    found = settings(*json.loads("{" + example + "}")["rules"]).rules
    assert [one.name for one in found] == ["no batteries by air", "heavy parcels", "dear orders are looked at"]


def test_without_rules_nothing_is_asked_for() -> None:
    assert settings().rules == ()
    assert settings().rule_tags == frozenset()


# ---- What an order has to meet


@pytest.mark.parametrize(
    ("when", "met"),
    [
        ({}, True),
        ({"shop": ["Other", "ETSY"]}, True),
        ({"shop": "4711"}, True),
        ({"shop": "amazon"}, False),
        ({"country": ["DE", "US"]}, True),
        ({"country": "DE"}, False),
        ({"sku": "mug-1"}, True),
        ({"sku": ["TEE", "PLATE"]}, False),
        ({"sku": ["TEE", "mug-*"]}, True),
        ({"sku": "MUG-*-BLUE"}, False),
        ({"tag": "VIP"}, True),
        ({"tag": "gift"}, False),
        ({"weight_grams": {"min": 500}}, True),
        ({"weight_grams": {"max": 499.5}}, False),
        ({"value": {"min": 23.80, "max": 23.80, "currency": "usd"}}, True),
        ({"value": {"min": 23.81, "currency": "USD"}}, False),
        ({"value": {"min": 1, "currency": "EUR"}}, False),
        ({"quantity": {"min": 2, "max": 2}}, True),
        ({"quantity": {"min": 3}}, False),
        ({"shop": "Etsy", "country": "US", "sku": "MUG-1", "quantity": {"max": 5}}, True),
        ({"shop": "Etsy", "country": "US", "sku": "PLATE"}, False),
    ],
)
def test_r40_an_order_meets_a_rule_if_it_meets_all_conditions_and_of_a_list_any(
    when: dict[str, Any], met: bool
) -> None:
    two_mugs = line(price="23.80", tax="3.80", quantity=Decimal(2), grams=Decimal(250))
    one = facts(two_mugs, shop=("My shop", "Etsy", "4711"), tags=("bibi", "vip"))
    assert meets(one, conditions(**when)) is met


def test_r40_a_weight_that_is_not_known_meets_no_condition_on_it() -> None:
    one = facts(line(grams=Decimal(900)), line("TEE"))
    assert one.grams is None
    assert not meets(one, conditions(weight_grams={"min": 1}))
    assert not meets(one, conditions(weight_grams={"max": 10_000}))


def test_r40_only_goods_are_weighed_and_counted_and_everything_is_paid() -> None:
    one = facts(
        line(quantity=Decimal(3), price="30.00", tax="0", grams=Decimal(100)),
        digital("5.00"),
        discount("-10.00"),
        total=Decimal("32.00"),
        shipping_cost=Decimal("7.00"),
    )
    assert (one.grams, one.quantity, one.value) == (Decimal(300), Decimal(3), Decimal("32.00"))
    assert one.skus == facts(line()).skus


def test_r40_the_components_of_a_bundle_are_skus_of_the_order_and_the_bundle_is_one_piece() -> None:
    one = facts(bundle("20.00"), components={0: [component("BATTERY", 4)]})
    assert one.quantity == 1
    assert meets(one, conditions(sku="battery"))
    assert meets(one, conditions(sku="SET-1"))


def test_r40_a_country_is_met_as_the_shop_writes_it_and_as_the_warehouse_is_told() -> None:
    for written in ({"country_code": "PR"}, {"country_code": "", "country": "Puerto Rico"}):
        island = facts(shipping=address(**written), country="US")
        assert meets(island, conditions(country="PR"))
        assert meets(island, conditions(country="US"))
        assert not meets(island, conditions(country="DE"))


# ---- First match wins

_WORDS = ("a", "b", "c")
_LISTS = st.one_of(st.none(), st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3))
_BOUNDS = st.one_of(
    st.none(),
    st.tuples(st.integers(1, 4), st.integers(0, 3)).map(lambda one: {"min": one[0], "max": one[0] + one[1]}),
    st.integers(1, 5).map(lambda least: {"min": least}),
    st.integers(1, 5).map(lambda most: {"max": most}),
)


def _when(shop: Any, sku: Any, tag: Any, quantity: Any, weight: Any) -> Conditions:
    said = {"shop": shop, "sku": sku, "tag": tag, "quantity": quantity, "weight_grams": weight}
    return conditions(**{name: value for name, value in said.items() if value is not None})


_CONDITIONS = st.builds(_when, _LISTS, _LISTS, _LISTS, _BOUNDS, _BOUNDS)
_ORDERS = st.builds(
    lambda shop, skus, tags, quantity, grams: facts(
        *[line(sku, quantity=Decimal(quantity), grams=grams) for sku in skus], shop=tuple(shop), tags=tuple(tags)
    ),
    st.lists(st.sampled_from(_WORDS), max_size=2),
    st.lists(st.sampled_from(_WORDS), min_size=1, max_size=2, unique=True),
    st.lists(st.sampled_from(_WORDS), max_size=2),
    st.integers(1, 3),
    st.one_of(st.none(), st.integers(1, 3).map(Decimal)),
)


@given(st.lists(_CONDITIONS, max_size=5), _ORDERS)
def test_r40_the_first_rule_that_is_met_applies_and_those_behind_it_never(
    all_conditions: list[Conditions], one: Facts
) -> None:
    rules = [
        Rule.model_validate({"name": str(place), "when": when, "then": _HOLD})
        for place, when in enumerate(all_conditions)
    ]
    applied = deciding_rule(rules, one)
    place = len(rules) if applied is None else rules.index(applied)
    assert not any(meets(one, earlier.when) for earlier in rules[:place])
    assert applied is None or meets(one, applied.when)
    assert deciding_rule(rules[: place + 1], one) == applied


@given(_CONDITIONS, _CONDITIONS, _ORDERS)
def test_r40_a_rule_is_called_unused_only_if_the_earlier_one_takes_every_order_of_it(
    earlier: Conditions, later: Conditions, one: Facts
) -> None:
    if earlier.include(later) and meets(one, later):
        assert meets(one, earlier)


@given(_CONDITIONS)
def test_r40_a_rule_takes_all_orders_of_one_with_the_same_conditions(when: Conditions) -> None:
    assert when.include(when)
    assert Conditions().include(when)


# ---- What counts as a change (R11)


def test_r40_a_tag_that_a_rule_asks_for_is_content_and_other_tags_and_weights_are_not() -> None:
    tags = Tags("bibi", marked(settings(rule(when={"tag": "VIP"})).rule_tags))

    def content(**changes: Any) -> str:
        one = order(**changes)
        return one.content_hash(tags.of_interest(one))

    assert content(tags=("bibi", "vip")) != content(tags=("bibi",))
    assert content(tags=("bibi", "gift")) == content(tags=("bibi",))
    assert order(line(grams=Decimal(5))).content_hash() == order(line()).content_hash()
    assert order(shop=("Etsy",)).content_hash() == order().content_hash()
