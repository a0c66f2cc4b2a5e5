"""R22: `test` writes nothing anywhere, `paused` does nothing, and one merchant's trouble is no other's."""

from __future__ import annotations

import pytest

from testkit.world import RECEIVED, TAG, world


def test_r22_a_test_run_asks_the_warehouse_to_check_and_writes_nothing() -> None:
    with world(mode="test") as here:
        here.sell(1)
        here.sell(2)
        here.wire(2)["ShippingAddress"]["City"] = ""
        here.run_on()
        assert here.warehouse.orders == {}
        assert here.writes_to_billbee() == []
        tests = [call.body["orders"] for call in here.bibi.calls if call.name == "POST /submitOrder"]
        assert len(tests) == 1
        assert '"Test": "T"' in tests[0]
        assert RECEIVED in (here.record(1).reason or "")
        assert here.status(2) == "rejected"


def test_r22_going_live_sends_what_was_rehearsed_at_the_next_poll() -> None:
    with world(mode="test") as here:
        here.sell(1)
        here.run_on()
        here.wait(hours=2)
        here.run_on()
        here.configure(mode="live")
        here.cycle()
        assert (here.status(1), here.submitted("1")) == ("acknowledged", 1)
        assert here.tags(1) == {TAG, RECEIVED}


def test_r10_the_first_live_run_after_a_rehearsal_adopts_what_the_warehouse_has() -> None:
    with world(mode="test") as here:
        here.run_on()
        here.configure(mode="live")
        here.sell(1)
        here.poll()
        here.push()
        here.shop.remove_tag(1, RECEIVED)
        here.lose_the_ledger()
        here.configure(mode="test")
        here.run_on()
        here.configure(mode="live")
        here.run_on()
        assert here.submitted("1") == 1
        assert RECEIVED in here.tags(1)


def test_r22_a_paused_merchant_is_left_alone_and_goes_on_where_it_was() -> None:
    with world() as here:
        here.sell(1)
        here.poll()
        here.configure(mode="paused")
        before = len(here.billbee.calls) + len(here.bibi.calls)
        here.run_on()
        assert len(here.billbee.calls) + len(here.bibi.calls) == before
        here.configure(mode="live")
        here.run_on()
        assert (here.status(1), here.submitted("1")) == ("acknowledged", 1)


@pytest.mark.parametrize("where", ["billbee", "bibi"])
def test_wrong_credentials_of_one_merchant_stop_no_other(where: str) -> None:
    with world() as here:
        beta = here.open_merchant("beta")
        here.sell(1)
        here.sell(1, merchant="beta")
        secret, good = (
            ("billbee_password", beta.password) if where == "billbee" else ("bibi_secret_key", beta.bibi_secret)
        )
        here.secret(secret, "not-the-secret", "beta")
        for merchant in ("acme", "beta"):
            here.poll("changes", merchant)
        here.push()
        assert (here.status(1), here.status(1, "beta")) in {("acknowledged", "unknown"), ("acknowledged", "queued")}
        here.secret(secret, good, "beta")
        here.wait(minutes=31)
        here.cycle(merchant="beta")
        here.cycle(merchant="beta")
        assert here.status(1, "beta") == "acknowledged"
        assert here.submitted("1", "beta") == 1


def test_a_message_that_is_none_of_ours_goes_to_the_dead_letters_with_its_reason() -> None:
    with world() as here:
        here.sell(1)
        here.poll()
        for place, body in enumerate(("not json", '{"merchant": "acme"}', '{"job": "other"}')):
            here.queues.send_message(
                QueueUrl="push", MessageBody=body, MessageGroupId="acme", MessageDeduplicationId=str(place)
            )
        here.push()
        dead = here.queues.messages("push-dead")
        assert len(dead) == 3
        assert all(one.attributes["reason"]["StringValue"].startswith("not a PushOrder message") for one in dead)
        assert here.status(1) == "acknowledged"
        assert here.queues.messages("push") == []


def test_a_malformed_order_is_rejected_and_holds_back_no_other() -> None:
    with world() as here:
        for order in (1, 2, 3):
            here.sell(order)
        here.wire(2)["OrderItems"][0]["Quantity"] = "many"
        here.run_on()
        assert [here.status(order) for order in (1, 2, 3)] == ["acknowledged", "rejected", "acknowledged"]
        assert len(here.told(2)) == 1
