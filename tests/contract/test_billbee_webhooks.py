"""The Billbee simulator rings webhooks as Billbee does: echo, filters, signature, attempts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask, Response, request
from werkzeug.serving import make_server

from local.clock import ScaledClock
from local.simulators import Billbee
from local.simulators.billbee import Account
from local.simulators.billbee.deliveries import Delivery
from local.simulators.billbee.orders import item, order, product
from testkit.processes.waiting import wait_until
from tests.contract.simulator_callers import KEY, PASSWORD, USER, BillbeeCaller

SECRET = "a-secret-of-the-tests-32-chars-and"
A_DAY = 86_400.0
NOWHERE = "http://127.0.0.1:9/nowhere?noecho"


@dataclass
class Receiver:
    """Takes webhooks on loopback. `answers` are the statuses of the next rings; 202 after those."""

    answers: list[int] = field(default_factory=list)
    rings: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    echo: Callable[[str], tuple[str, int]] = lambda text: (text, 200)
    url: str = ""

    def get(self) -> Response:
        self.asked.append(request.args.to_dict())
        body, status = self.echo(request.args.get("echo", ""))
        return Response(body, status)

    def post(self) -> Response:
        self.rings.append(({name.lower(): value for name, value in request.headers.items()}, request.get_data()))
        return Response("", self.answers.pop(0) if self.answers else 202)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.rings]

    def heard(self) -> list[list[str]]:
        return [[one["Action"] for one in body["Notifications"]] for body in self.bodies()]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made, app = Receiver(), Flask(__name__)
    app.add_url_rule("/ring", view_func=made.get, methods=["GET"], endpoint="get")
    app.add_url_rule("/ring", view_func=made.post, methods=["POST"], endpoint="post")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    made.url = f"http://127.0.0.1:{server.server_port}/ring"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def billbee() -> Iterator[Billbee]:
    with Billbee(api_key=KEY, throttles=False, webhook_delays=(0, 0)) as running:
        yield running


@pytest.fixture
def shop(billbee: Billbee) -> Account:
    return billbee.add_account(USER, PASSWORD)


@pytest.fixture
def call(billbee: Billbee, shop: Account) -> BillbeeCaller:
    return BillbeeCaller(billbee)


def hook(uri: str, **fields: Any) -> dict[str, Any]:
    return {"WebHookUri": uri, "Secret": SECRET} | fields


def settled(billbee: Billbee) -> list[Delivery]:
    """All attempts, once nothing is to be delivered any more."""
    wait_until(lambda: not billbee.deliveries_outstanding)
    return billbee.deliveries


# Registration


def test_a_registration_is_taken_when_the_url_answers_the_echo(call: BillbeeCaller, receiver: Receiver) -> None:
    assert call("POST", "/webhooks", hook(f"{receiver.url}?token=t")).status_code == 200
    (asked,) = receiver.asked
    assert asked["token"] == "t"
    assert len(asked["echo"]) == 32


def test_the_echo_is_another_text_each_time(call: BillbeeCaller, receiver: Receiver) -> None:
    for _ in range(2):
        call("POST", "/webhooks", hook(receiver.url))
    assert receiver.asked[0]["echo"] != receiver.asked[1]["echo"]


@pytest.mark.parametrize(
    "echo",
    [lambda text: ("", 200), lambda text: (text + "\n", 200), lambda text: ("hello", 200), lambda text: (text, 401)],
    ids=["nothing", "more", "something else", "not in a 2xx answer"],
)
def test_a_registration_is_refused_when_the_url_does_not_answer_the_echo(
    call: BillbeeCaller, receiver: Receiver, echo: Callable[[str], tuple[str, int]]
) -> None:
    receiver.echo = echo
    refused = call("POST", "/webhooks", hook(receiver.url))
    assert refused.status_code == 400
    assert "echo" in refused.json()["ErrorMessage"]
    assert call("GET", "/webhooks").json() == []


def test_a_registration_is_refused_when_nobody_is_there(call: BillbeeCaller) -> None:
    assert call("POST", "/webhooks", hook("http://127.0.0.1:9/nowhere")).status_code == 400


@pytest.mark.parametrize("query", ["?noecho", "?NoEcho=1", "?token=t&noecho"])
def test_a_uri_with_noecho_is_not_asked(call: BillbeeCaller, receiver: Receiver, query: str) -> None:
    receiver.echo = lambda text: ("", 500)
    assert call("POST", "/webhooks", hook(receiver.url + query)).status_code == 200
    assert receiver.asked == []


def test_a_changed_registration_has_to_answer_the_echo_again(call: BillbeeCaller, receiver: Receiver) -> None:
    registered = call("POST", "/webhooks", hook(receiver.url)).json()
    receiver.echo = lambda text: ("", 200)
    path = f"/webhooks/{registered['Id']}"
    assert call("PUT", path, hook(receiver.url, IsPaused=True)).status_code == 400
    assert call("GET", path).json() == registered


def test_whoever_answers_the_echo_may_call_billbee_meanwhile(call: BillbeeCaller, receiver: Receiver) -> None:
    def echo(text: str) -> tuple[str, int]:
        return text, call("GET", "/webhooks").status_code

    receiver.echo = echo
    assert call("POST", "/webhooks", hook(receiver.url)).status_code == 200


@pytest.mark.parametrize(("length", "status"), [(31, 400), (32, 200), (64, 200), (65, 400)])
def test_a_secret_has_32_to_64_characters(call: BillbeeCaller, length: int, status: int) -> None:
    assert call("POST", "/webhooks", hook(NOWHERE, Secret="s" * length)).status_code == status


# What is delivered


def test_a_ring_has_id_attempt_properties_and_notifications(
    billbee: Billbee, shop: Account, call: BillbeeCaller, receiver: Receiver
) -> None:
    call("POST", "/webhooks", hook(receiver.url, Properties={"shop": 7}, Headers={"X-Shop": "seven"}))
    shop.add_order(order(5, items=[item("MUG-01")]))
    (delivery,) = settled(billbee)
    ((headers, raw),) = receiver.rings
    body = json.loads(raw)
    assert set(body) == {"Id", "Attempt", "Properties", "Notifications"}
    assert (body["Attempt"], body["Properties"]) == (1, {"shop": 7})
    (notification,) = body["Notifications"]
    assert (notification["Action"], notification["Order"]["BillBeeOrderId"]) == ("order.created", 5)
    assert headers["content-type"].startswith("application/json")
    assert headers["x-shop"] == "seven"
    assert (delivery.id, delivery.attempt, delivery.status, delivery.body) == (body["Id"], 1, 202, raw)
    assert (delivery.account, delivery.actions, delivery.taken) == (USER, ("order.created",), True)


def test_a_ring_is_signed_over_its_raw_body_in_hex(
    billbee: Billbee, shop: Account, call: BillbeeCaller, receiver: Receiver
) -> None:
    call("POST", "/webhooks", hook(receiver.url))
    shop.add_order(order(1, message="Grüße, 漢字"))
    settled(billbee)
    ((headers, raw),) = receiver.rings
    expected = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    assert headers["ms-signature"] == f"sha256={expected}"
    assert "x-billbee-signature" not in headers
    assert "漢字".encode() in raw


def test_or_in_base64_under_billbees_own_name(receiver: Receiver) -> None:
    with Billbee(api_key=KEY, readings={"webhook-signature": "base64"}) as billbee:
        shop = billbee.add_account(USER, PASSWORD)
        BillbeeCaller(billbee)("POST", "/webhooks", hook(receiver.url))
        shop.add_order(order(1))
        settled(billbee)
    ((headers, raw),) = receiver.rings
    expected = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
    assert headers["x-billbee-signature"] == expected
    assert "ms-signature" not in headers


def test_every_change_of_an_order_rings_whoever_made_it(
    billbee: Billbee, shop: Account, call: BillbeeCaller, receiver: Receiver
) -> None:
    shop.add_order(order(1, state=1))
    call("POST", "/webhooks", hook(receiver.url))
    shop.change(1, State=3, PayedAt=shop.now())
    shop.add_tags(1, ["bibi"])
    shop.remove_tag(1, "bibi")
    call("POST", "/orders/1/tags", {"Tags": ["received"]})
    call("POST", "/orders/1/shipment", {"ShippingId": "1Z"})
    call("PUT", "/orders/1/orderstate", {"NewStateId": 4})
    settled(billbee)
    updated = ["order.updated"]
    assert receiver.heard() == [
        ["order.updated", "order.state.updated", "order.payment.received"],
        updated,
        updated,
        updated,
        updated,
        ["order.updated", "order.state.updated", "order.shipped"],
    ]


def test_products_and_their_stock_ring_too(
    billbee: Billbee, shop: Account, call: BillbeeCaller, receiver: Receiver
) -> None:
    call("POST", "/webhooks", hook(receiver.url))
    made = shop.add_product(product("MUG-01", stock=5))
    shop.change_product(made["Id"], EAN="4006381333931")
    call("POST", "/products/updatestock", {"Sku": "MUG-01", "NewQuantity": 3})
    settled(billbee)
    assert receiver.heard() == [["product.created"], ["product.updated"], ["product.stock.updated"]]
    assert [body["Notifications"][0]["Product"]["SKU"] for body in receiver.bodies()] == ["MUG-01"] * 3


def test_a_webhook_hears_what_its_filters_name(
    billbee: Billbee, shop: Account, call: BillbeeCaller, receiver: Receiver
) -> None:
    shop.add_product(product("MUG-01"))
    call("POST", "/webhooks", hook(receiver.url, Filters=["order.state.updated", "order.created"]))
    shop.add_order(order(1, items=[item("MUG-01")]))
    shop.add_tags(1, ["bibi"])
    shop.set_state(1, 4)
    settled(billbee)
    assert receiver.heard() == [["order.created"], ["order.state.updated"]]


def test_every_documented_filter_is_taken(call: BillbeeCaller) -> None:
    names = [one["Name"] for one in call("GET", "/webhooks/filters").json()]
    assert call("POST", "/webhooks", hook(NOWHERE, Filters=names)).status_code == 200


def test_a_paused_or_deleted_webhook_and_those_of_others_do_not_ring(
    billbee: Billbee, shop: Account, call: BillbeeCaller, receiver: Receiver
) -> None:
    registered = call("POST", "/webhooks", hook(receiver.url)).json()
    billbee.add_account("other@example.com", "Password-5678").add_order(order(1))
    call("PUT", f"/webhooks/{registered['Id']}", hook(receiver.url, IsPaused=True))
    shop.add_order(order(2))
    call("DELETE", f"/webhooks/{registered['Id']}")
    shop.add_order(order(3))
    assert settled(billbee) == []


def test_a_ring_tells_of_the_order_as_it_was_then(
    billbee: Billbee, shop: Account, call: BillbeeCaller, receiver: Receiver
) -> None:
    call("POST", "/webhooks", hook(receiver.url))
    receiver.answers = [500]
    shop.add_order(order(1, tags=["bibi"]))
    shop.orders[1]["Tags"].append("later")
    settled(billbee)
    assert [body["Notifications"][0]["Order"]["Tags"] for body in receiver.bodies()] == [["bibi"], ["bibi"]]


# Attempts


@pytest.mark.parametrize("status", [301, 401, 404, 500, 503])
def test_a_ring_that_is_not_taken_comes_again(
    billbee: Billbee, shop: Account, call: BillbeeCaller, receiver: Receiver, status: int
) -> None:
    call("POST", "/webhooks", hook(receiver.url))
    receiver.answers = [status]
    shop.add_order(order(1))
    assert [(one.attempt, one.status) for one in settled(billbee)] == [(1, status), (2, 202)]
    first, second = receiver.bodies()
    assert first | {"Attempt": 2} == second


def test_a_ring_is_given_up_after_three_attempts(
    billbee: Billbee, shop: Account, call: BillbeeCaller, receiver: Receiver
) -> None:
    call("POST", "/webhooks", hook(receiver.url))
    receiver.answers = [500, 500, 500]
    shop.add_order(order(1))
    assert [(one.attempt, one.status) for one in settled(billbee)] == [(1, 500), (2, 500), (3, 500)]
    shop.add_tags(1, ["next"])
    assert settled(billbee)[-1].attempt == 1


def test_nobody_there_counts_as_not_taken(billbee: Billbee, shop: Account, call: BillbeeCaller) -> None:
    call("POST", "/webhooks", hook(NOWHERE))
    shop.add_order(order(1))
    assert [(one.attempt, one.status) for one in settled(billbee)] == [(1, None), (2, None), (3, None)]


def test_a_ring_that_waits_for_its_next_attempt_holds_back_no_other(receiver: Receiver) -> None:
    with Billbee(api_key=KEY, webhook_delays=(A_DAY, A_DAY)) as billbee:
        shop = billbee.add_account(USER, PASSWORD)
        BillbeeCaller(billbee)("POST", "/webhooks", hook(receiver.url))
        receiver.answers = [500]
        for number in (1, 2):
            shop.add_order(order(number))
        wait_until(lambda: len(billbee.deliveries) == 2 and billbee.deliveries_outstanding == 1)
        assert [one.status for one in billbee.deliveries] == [500, 202]
    # The end does not wait for the attempt either.
    assert not [thread for thread in threading.enumerate() if thread.name == "billbee webhooks"]


def test_the_attempts_come_after_one_and_after_four_more_minutes(receiver: Receiver) -> None:
    with Billbee(api_key=KEY, clock=ScaledClock(speed=6000)) as billbee:
        shop = billbee.add_account(USER, PASSWORD)
        BillbeeCaller(billbee)("POST", "/webhooks", hook(receiver.url))
        receiver.answers = [500, 500]
        shop.add_order(order(1))
        first, second, third = (one.at for one in settled(billbee))
    assert second - first >= 60
    assert third - second >= 240
