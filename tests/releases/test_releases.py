"""Functions of two releases share queues, table and settings while one is deployed, and while one is rolled back.

Samples of each release are read by the code as it is, and what the code writes is read as that release would.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from orderbridge.inbound import notice_records as inbound
from orderbridge.jobs.dead_letters import DeadLetters, QueuePair
from orderbridge.jobs.messages import PUSHED, SCHEMA, PollOrders, PushOrder, TakeUp, parse, parse_any
from orderbridge.ledger import ledger
from orderbridge.merchants.settings import find_settings, parse_secrets
from orderbridge.platform import table
from orderbridge.platform.errors import NewerRelease
from orderbridge.platform.table import Table, merchant_key
from testkit.aws import MemoryDynamoDB
from testkit.clock import ManualClock
from testkit.environment import TABLE
from testkit.template import make_table
from testkit.world import World, world
from tests.builders import address, order
from tests.releases.samples import KINDS, MERCHANT, plain, read_all, releases, sample, travelled

pytestmark = pytest.mark.parametrize("version", releases())
NEWER = SCHEMA + 1
NOT_KEPT_ANY_MORE = frozenset({"last calls", "watched", "health"})
"""What only the pace hung on, how each job went last, which its next run says, and since when the watch expects each
job, which it notes anew. No release misses it."""


def holds(found: Any, sampled: Any, where: str = "") -> None:
    """All that was sampled is found; there may be more, under names that the release did not know."""
    if isinstance(sampled, dict) and isinstance(found, dict):
        for name, value in sampled.items():
            assert name in found, f"{where}.{name} is gone"
            holds(found[name], value, f"{where}.{name}")
    elif isinstance(sampled, list) and isinstance(found, list):
        assert len(found) == len(sampled), where
        for index, (one, other) in enumerate(zip(found, sampled, strict=True)):
            holds(one, other, f"{where}[{index}]")
    else:
        assert found == sampled, where


def still_kept(sampled: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sampled["found"].items() if name not in NOT_KEPT_ANY_MORE}


def loose(schema: Any) -> Any:
    """A JSON Schema that allows unknown fields, as readers do."""
    if isinstance(schema, dict):
        return {key: loose(value) for key, value in schema.items() if key != "additionalProperties"}
    return [loose(one) for one in schema] if isinstance(schema, list) else schema


def stored(items: list[dict[str, Any]]) -> MemoryDynamoDB:
    make_table(memory := MemoryDynamoDB(), TABLE)
    for item in items:
        memory.put_item(TableName=TABLE, Item=item)
    return memory


def clock_of(version: str) -> ManualClock:
    return ManualClock(datetime.fromisoformat(sample(version, "read")["now"]))


# Messages


def test_every_message_of_a_release_is_read_and_means_what_it_meant(version: str) -> None:
    sampled = sample(version, "messages")
    assert {json.loads(one["body"])["job"] for one in sampled} == set(sample(version, "schemas"))
    for one in sampled:
        message = parse(KINDS[json.loads(one["body"])["job"]], one["body"])
        holds(plain(message), one["means"], message.job)


def test_every_message_that_is_sent_today_is_read_by_a_release(version: str) -> None:
    schemas = {job: Draft202012Validator(loose(schema)) for job, schema in sample(version, "schemas").items()}
    with travelled() as (_, sent):
        ours = [fields for fields in map(json.loads, sent) if fields.get("job") in KINDS]
    full = PushOrder(
        merchant=MERCHANT, correlation_id="c", billbee_id=1, version=1, look=True, label=True,
        order=order(shipping=address(), buyer_message="Hi", tags=("bibi", "rush")),
    )  # fmt: skip
    for fields in (*ours, json.loads(full.body())):
        if fields["job"] in schemas:
            schemas[fields["job"]].validate(fields)


def test_a_message_with_fields_of_the_next_release_is_read_without_them(version: str) -> None:
    for one in sample(version, "messages"):
        fields = json.loads(one["body"])
        kind = KINDS[fields["job"]]
        more = fields | {"priority": "rush", "nested": {"a": [1]}}
        if "order" in fields:
            lines = [line | {"gift": True} for line in fields["order"].get("lines", [])]
            more["order"] = fields["order"] | {"lines": lines, "channel": "shop"}
            more["order"]["shipping"] = fields["order"]["shipping"] | {"floor": "2"}
        assert parse(kind, json.dumps(more)) == parse(kind, one["body"])


def test_a_message_of_a_newer_form_waits_for_its_release_and_the_other_merchants_go_on(version: str) -> None:
    with world() as here:
        here.open_merchant("bolt")
        for merchant in ("acme", "bolt"):
            here.sell(1, merchant=merchant)
            here.ask_poll(merchant=merchant)
        message = here.queues.messages("poll")[0]
        readable, message.body = message.body, newer(message.body)
        here.work("poll")
        assert (here.status(1), here.status(1, "bolt")) == ("unknown", "queued")
        assert here.queues.waiting() == {"poll": 1, "push": 1}
        message.body = readable  # the newer code is there
        here.wait(minutes=5)
        here.work("poll")
        assert here.status(1) == "queued"
        assert here.queues.waiting() == {"push": 2}


def test_a_message_whose_release_never_comes_ends_in_the_dead_letters_with_the_reason(version: str) -> None:
    with world() as here:
        here.ask_poll()
        message = here.queues.messages("poll")[0]
        readable, message.body = message.body, newer(message.body)
        for _ in range(60):
            here.deliver("poll")
            here.wait(minutes=2, seconds=1)
        assert here.queues.waiting() == {"poll-dead": 1}
        assert (here.clock() - message.sent_at) / 60 >= 30
        letters = DeadLetters(here.queues, {"poll-orders": QueuePair("poll", "poll-dead")})
        (letter,) = letters.all()
        assert "of a newer release" in letter.reason
        message.body = readable
        here.wait(minutes=1)
        assert letters.redrive("poll-orders") == 1
        here.work("poll")
        assert here.queues.waiting() == {}


def test_r32_a_portion_of_waiting_orders_is_a_newer_form_to_a_release_that_does_not_know_it(version: str) -> None:
    """It is handed back then: its `schema` is too high, and its job is known."""
    now = datetime.fromisoformat("2026-07-01T12:00:00Z")
    for vendor in ("bibi", None):
        message = TakeUp(merchant=MERCHANT, correlation_id="c", chain="x", until=now, vendor=vendor)
        assert parse_any(PUSHED, message.body()) == message
        with pytest.raises(NewerRelease):
            parse(PushOrder, message.body())
        job = sample(version, "schemas")["push-orders"]["properties"]["job"]
        Draft202012Validator(job).validate(json.loads(message.body())["job"])


def newer(body: str) -> str:
    """The same message in a form that only a newer release reads."""
    return json.dumps(json.loads(body) | {"schema": NEWER, "scope": {"of": "another form"}})


def test_r12_an_order_of_a_release_has_the_hash_it_had_or_every_open_order_would_count_as_changed(version: str) -> None:
    sampled = [one for one in sample(version, "messages") if "hash" in one]
    assert sampled
    for one in sampled:
        message = parse(PushOrder, one["body"])
        assert message.order is not None
        assert message.order.content_hash() == one["hash"]
        again = parse(PushOrder, message.body())
        assert again.order is not None
        assert again.order.content_hash() == one["hash"]


# Items


def test_every_item_of_a_release_is_read_and_means_what_it_meant(version: str) -> None:
    memory, clock, sampled = stored(sample(version, "items")), clock_of(version), sample(version, "read")
    holds(read_all(Table(memory, TABLE), clock), still_kept(sampled))  # type: ignore[arg-type]


def test_items_with_attributes_of_the_next_release_are_read_without_harm(version: str) -> None:
    items = [item | {"colour": {"S": "red"}, "nested": {"M": {"a": {"N": "1"}}}} for item in sample(version, "items")]
    memory, clock = stored(items), clock_of(version)
    found = read_all(Table(memory, TABLE), clock)  # type: ignore[arg-type]
    for record in (*found["orders"], *found["notices"]):
        assert record["unknown"] == {"colour": "red", "nested": {"a": 1}}
    holds(found, still_kept(sample(version, "read")))


@pytest.fixture
def of_the_next_release(version: str) -> Iterator[World]:
    """A world at work whose items have an attribute that this release does not know, and that stays as it is."""
    with travelled() as (here, _):
        for key, item in here.dynamodb.tables[TABLE].items():
            here.dynamodb.tables[TABLE][key] = item | {"colour": {"S": "red"}}
        yield here


def test_whatever_is_written_leaves_attributes_of_the_next_release_as_they_are(
    version: str, of_the_next_release: World
) -> None:
    here = of_the_next_release
    before = {item["sk"]["S"]: item for item in here.items() if "colour" in item}
    here.shop.add_tags(5, ["hold_bibi"])
    here.run_on()
    for number in ("A-7", "A-9"):
        here.warehouse.ship(number, [f"2Z{number}"], method="02")
    here.drop("gone.json", json.dumps({"action": "delete", "tracking_number": "T-1"}))
    here.work("announce")
    here.run_on()
    here.check_billing("all")
    here.sync_stock()
    here.sync_products()
    assert (here.status(5), here.status(7)) == ("held", "shipped")
    after = {item["sk"]["S"]: item for item in here.items()}
    written = {sk for sk in before if before[sk] != after[sk]}
    assert {sk.partition("#")[0] for sk in written} >= {"ORDER", "NOTICE", "STOCK", "CURSOR", "HEALTH", "BUDGET"}
    assert [sk for sk in written if after[sk].get("colour") != {"S": "red"}] == []
    assert not here.failures


def test_an_order_of_a_newer_form_is_handed_back_and_nothing_is_written_to_it(version: str) -> None:
    with world() as here:
        for billbee_id in (1, 2):
            here.sell(billbee_id)
        here.poll()
        key = (merchant_key("acme"), f"ORDER#{1:020d}")
        kept = here.dynamodb.tables[TABLE][key]
        newer_one = kept | {"schema": {"N": str(table.SCHEMA + 1)}, "pieces": {"S": "in another form"}}
        here.dynamodb.tables[TABLE][key] = newer_one
        here.push()
        assert here.dynamodb.tables[TABLE][key] == newer_one
        assert (here.status(2), here.submitted("1"), here.submitted("2")) == ("acknowledged", 0, 1)
        assert here.queues.waiting() == {}, "the sweeper brings it back"
        with pytest.raises(NewerRelease):
            list(here.ledger.open_orders("acme"))
        here.dynamodb.tables[TABLE][key] = kept  # the newer code is there
        here.run_on()
        assert (here.status(1), here.submitted("1")) == ("acknowledged", 1)


def test_a_status_of_the_next_release_is_told_as_that(version: str) -> None:
    with world() as here:
        here.sell(1)
        here.poll()
        item = here.dynamodb.tables[TABLE][merchant_key("acme"), f"ORDER#{1:020d}"]
        item["status"] = {"S": "pondered"}
        with pytest.raises(NewerRelease, match="pondered"):
            here.ledger.get("acme", 1)


def test_no_attribute_that_this_release_writes_counts_as_unknown(version: str) -> None:
    with travelled() as (here, _):
        for record in here.ledger.orders(MERCHANT):
            assert ledger._to_item(record).keys() <= ledger._ATTRIBUTES
            assert record.unknown == {}
        for notice in here.notices().all():
            assert inbound._to_item(notice).keys() <= inbound._ATTRIBUTES
            assert notice.unknown == {}


# Settings and secrets


def test_every_settings_text_of_a_release_is_read_and_means_what_it_meant(version: str) -> None:
    for one in sample(version, "settings")["settings"]:
        found = find_settings(MERCHANT, one["text"])
        assert found.unknown == ()
        holds(plain(found.settings), one["means"])


def test_the_secrets_of_a_release_are_enough_and_more_of_them_do_no_harm(version: str) -> None:
    sampled: Mapping[str, str] = sample(version, "settings")["secrets"]
    secrets = parse_secrets(MERCHANT, {**sampled, "of_the_next_release": "x"})
    for name, value in sampled.items():
        assert getattr(secrets, name).get_secret_value() == value


def test_a_setting_of_the_next_release_stops_no_function_and_is_reported(
    version: str, caplog: pytest.LogCaptureFixture
) -> None:
    with world() as here:
        here.configure(colour="red", bibi={"gift_wrap": {"MUG-01": "gold"}})
        here.sell(1)
        here.journey(lambda warehouse: warehouse.ship("1", ["1Z1"], method="02"))
        assert (here.status(1), here.parcels(1)) == ("shipped", ["1Z1"])
        assert not here.failures
    reports = [vars(one)["keys"] for one in caplog.records if one.message == "Unknown settings"]
    assert {tuple(keys) for keys in reports} == {("bibi.gift_wrap", "colour")}


def test_the_warning_of_an_unknown_setting_is_logged_once(version: str, caplog: pytest.LogCaptureFixture) -> None:
    with world() as here:
        here.configure(colour="red")
        registry = here.function("push").registry
        for _ in range(3):
            assert registry.settings("acme").mode == "live"
            here.wait(minutes=6)
        assert registry.unknown_settings("acme") == ("colour",)
    assert [one.message for one in caplog.records].count("Unknown settings") == 1


def test_the_poll_message_of_today_has_no_number_and_no_defaults(version: str) -> None:
    message = PollOrders(merchant="acme", correlation_id="c", asked_at=datetime.fromisoformat("2026-07-01T12:00:00Z"))
    assert json.loads(message.body()) == {
        "job": "poll-orders", "merchant": "acme", "correlation_id": "c", "asked_at": "2026-07-01T12:00:00Z",
    }  # fmt: skip
