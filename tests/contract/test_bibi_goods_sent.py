"""Return labels and shipments at BiBi: what is called, what the answers mean, and how assumed paths are corrected."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from local.simulators import Bibi
from local.simulators.bibi import Account
from local.simulators.bibi.labels import picture
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.merchants.bibi_paths import PATHS, checked_paths, path_of
from orderbridge.platform.errors import MalformedAnswer, NotFound, Refused, UnknownOutcome
from orderbridge.returns.return_label import LabelFormat, UnusableLabel
from orderbridge.tracking.shipments import ShipmentKind
from orderbridge.vendors.bibi.api import BibiApi
from orderbridge.vendors.bibi.warehouse import BibiWarehouse
from orderbridge.vendors.http import HttpClient
from testkit.clock import ManualClock
from tests.contract.canned import Canned, Reply
from tests.contract.clients import FakeBudget, FakeCache, answers, bibi_client, refusal, success, token
from tests.contract.simulator_callers import BibiCaller, orders_field, wire_order

SAMPLE: dict[str, Any] = {
    "shipment_number": "T00020650101", "customer_order_number": "SA15698", "type": "Shipment", "weight": "1.0000",
    "tracking_number": "9274893150649452389554", "ship_method": "FedEx Smart Post < 1Lbs", "cost": "9.36",
    "cost_base": "9.36", "residential_delivery_fee": "0.00", "extended_area_fee": "0.00",
    "ship_date": "2019-08-08 10:30:57", "zone": "5",
    "tracking_url": "fedex.com/tracking?9274893150649452389554",
}  # fmt: skip
LABEL = base64.b64encode(picture("x")).decode()


# The documented shapes, and those that are taken as well


@pytest.mark.parametrize(
    "result",
    [
        [{"label": LABEL}],
        {"label": LABEL},
        {"0": {"label": LABEL}},
        LABEL,
        [{"label": f"data:image/png;base64,{LABEL}"}],
    ],
)
def test_a_label_is_read_in_whatever_shape_it_comes(server: Canned, result: object) -> None:
    answers(server, token(), success(result))
    label = bibi_client(server).return_label(OrderNumber("4711/A"))
    assert (label.format, label.content) == (LabelFormat.PNG, picture("x"))
    assert (server.received[1].method, server.received[1].path) == ("POST", "/api/returnLabel/4711%2FA")
    assert LABEL[:20] not in repr(label)


@pytest.mark.parametrize("result", [None, [], [{}], [{"label": None}], [{"label": 5}], [{"label": "%%%"}], 7])
def test_an_answer_without_a_label_says_so(server: Canned, result: object) -> None:
    answers(server, token(), success(result))
    with pytest.raises(UnusableLabel):
        bibi_client(server).return_label(OrderNumber("1"))


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refusal("Order 1 has not shipped."), Refused),
        (refusal("Resource was not found.", 404), NotFound),
        (Reply(502, "<html>Bad gateway</html>"), UnknownOutcome),
        (Reply(200, "<html>Hello</html>"), UnknownOutcome),
        (Reply(404, "<html>Not found</html>"), UnknownOutcome),
    ],
)
def test_whether_a_label_may_have_been_made_is_told_apart(server: Canned, reply: Reply, error: type[Exception]) -> None:
    answers(server, token(), reply)
    with pytest.raises(error):
        bibi_client(server).return_label(OrderNumber("1"))
    assert len(server.received) == 2  # and it is not tried again


@pytest.mark.parametrize("result", [SAMPLE, [SAMPLE], {"T00020650101": SAMPLE}])
def test_shipments_are_read_in_whatever_shape_they_come(server: Canned, result: object) -> None:
    answers(server, token(), success(result))
    (one,) = bibi_client(server, prefix="SA").shipments(OrderNumber("15698"))
    assert (one.kind, one.cost, one.weight) == (ShipmentKind.SHIPMENT, Decimal("9.36"), Decimal("1.0000"))
    assert one.link == "https://fedex.com/tracking?9274893150649452389554"
    assert one.shipped_at == datetime(2019, 8, 8, 15, 30, 57, tzinfo=UTC)
    assert server.received[1].path == "/api/listShipments/15698"


@pytest.mark.parametrize(
    "reply", [success(None), success([]), refusal("No shipments found."), refusal("not found", 404)]
)
def test_an_order_without_shipments_has_none(server: Canned, reply: Reply) -> None:
    answers(server, token(), reply)
    assert bibi_client(server).shipments(OrderNumber("1")) == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"tracking_number": {"a": 1}}, {"ship_method": ["x"]}, {"type": "Gift"}, {"ship_date": "yesterday"},
        {"shipment_number": "", "tracking_number": ""}, {"customer_order_number": "another"},
    ],
)  # fmt: skip
def test_a_shipment_that_cannot_be_read_is_left_out(server: Canned, changed: dict[str, Any]) -> None:
    answers(server, token(), *[success([SAMPLE | changed])] * 3)
    with pytest.raises(MalformedAnswer):
        bibi_client(server, prefix="SA").shipments(OrderNumber("15698"))


@pytest.mark.parametrize("cost", [None, "", "free", "-1", "1E+99", True, [1]])
def test_a_cost_that_is_none_is_not_known(server: Canned, cost: object) -> None:
    answers(server, token(), success(SAMPLE | {"cost": cost}))
    (one,) = bibi_client(server, prefix="SA").shipments(OrderNumber("15698"))
    assert one.cost is None


# The paths


def test_every_name_is_called_at_its_path_or_at_the_corrected_one() -> None:
    assert path_of("shipments", {}, "1") == "/listShipments/1"
    assert path_of("shipments", checked_paths({"shipments": "/orders/shipments"}), "1") == "/orders/shipments/1"
    assert len(set(PATHS.values())) == len(PATHS)
    assert checked_paths(PATHS) == PATHS


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"shipment": "x"}, "did you mean 'shipments'"),
        ({"": "x"}, "there is no path"),
        ({"shipments": ""}, "must be words"),
        ({"shipments": "https://elsewhere.example/x"}, "without the host"),
        ({"shipments": "//elsewhere.example/x"}, "without the host"),
        ({"shipments": "../x"}, "must be words"),
        ({"shipments": "a/./b"}, "must be words"),
        ({"shipments": "a?b=c"}, "must be words"),
        ({"shipments": "a" * 101}, "must be words"),
    ],
)
def test_a_path_that_is_none_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        checked_paths(given)


# The simulator, over HTTP


@pytest.fixture
def bibi() -> Iterator[Bibi]:
    with Bibi(throttles=False, paths={"shipments": "orders/shipments"}) as running:
        yield running


@pytest.fixture
def warehouse(bibi: Bibi) -> Account:
    account = bibi.add_account("public", "secret")
    account.add_product("MUG-01")
    assert BibiCaller(bibi)("/submitOrder", orders_field(wire_order())).status_code == 201
    return account


@pytest.fixture
def client(bibi: Bibi) -> Callable[..., BibiWarehouse]:
    def made(**paths: str) -> BibiWarehouse:
        return BibiWarehouse(
            BibiApi(
                HttpClient(bibi.url, clock=ManualClock()),
                public_key=SecretStr("public"),
                secret_key=SecretStr("secret"),
                budget=FakeBudget(),
                token_cache=FakeCache(),
                paths=paths,
                clock=ManualClock(),
            ),
            source="WEB",
            clock=ManualClock(),
        )

    return made


def test_a_corrected_path_reaches_what_the_assumed_one_does_not(
    warehouse: Account, client: Callable[..., BibiWarehouse]
) -> None:
    warehouse.ship("1001", ["1Z1", "1Z2"])
    assert client().shipments(OrderNumber("1001")) == ()
    found = client(shipments="orders/shipments").shipments(OrderNumber("1001"))
    assert [one.tracking_number for one in found] == ["1Z1", "1Z2"]


def test_the_warehouse_makes_a_label_for_what_has_left_and_for_nothing_else(
    warehouse: Account, client: Callable[..., BibiWarehouse]
) -> None:
    with pytest.raises(Refused, match="shipped"):
        client().return_label(OrderNumber("1001"))
    with pytest.raises(NotFound):
        client().return_label(OrderNumber("1002"))
    warehouse.ship("1001")
    assert client().return_label(OrderNumber("1001")).format is LabelFormat.PNG
    assert warehouse.labels == ["1001"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ('{"customer_order_number": "1001"}', 201),
        ('{"customer_order_number": "1001", "weight": 1.25, "ship_method": "02"}', 201),
        ('{"customer_order_number": "1001", "weight": 0}', 200),
        ('{"customer_order_number": "1001", "ship_method": "99"}', 200),
        ('{"address": {"street": "1 Way", "city": "X", "zip": "1", "country_code": "US"}}', 201),
        ('{"address": {"street": "1 Way", "city": "X", "zip": "1", "country_code": "XX"}}', 200),
        ('{"address": {"street": "1 Way", "planet": "X"}}', 200),
        ('{"weight": 1}', 200),
        ("[]", 200),
    ],
)
def test_the_warehouse_takes_a_label_request_as_the_portal_says(
    bibi: Bibi, warehouse: Account, asked: str, status: int
) -> None:
    warehouse.ship("1001")
    answer = BibiCaller(bibi)("/returnLabel", {"json": asked})
    assert (answer.status_code, answer.json()["success"]) == (status, status == 201)
