"""Whatever can go wrong with a service, the simulators can be told to do."""

from collections.abc import Iterator

import pytest
import requests

from local.simulators import Abillify, Bibi, Billbee, Fault
from local.simulators.billbee import Account
from local.simulators.billbee.orders import order
from testkit.routes import TAGS
from tests.contract.simulator_callers import KEY, PASSWORD, USER, BibiCaller, BillbeeCaller


@pytest.fixture
def billbee() -> Iterator[Billbee]:
    with Billbee(api_key=KEY, throttles=False) as running:
        yield running


@pytest.fixture
def shop(billbee: Billbee) -> Account:
    account = billbee.add_account(USER, PASSWORD)
    account.add_order(order(1))
    return account


@pytest.fixture
def call(billbee: Billbee, shop: Account) -> BillbeeCaller:
    return BillbeeCaller(billbee)


def tag(call: BillbeeCaller, name: str = "done") -> requests.Response:
    return call("POST", "/orders/1/tags", {"Tags": [name]})


def test_a_reset_call_was_never_processed(billbee: Billbee, shop: Account, call: BillbeeCaller) -> None:
    billbee.faults.add(Fault("reset_before", route=TAGS))
    with pytest.raises(requests.ConnectionError):
        tag(call)
    assert (shop.orders[1]["Tags"], billbee.calls[-1].status) == ([], 0)
    assert tag(call).status_code == 200


def test_a_dropped_answer_was_processed_all_the_same(billbee: Billbee, shop: Account, call: BillbeeCaller) -> None:
    billbee.faults.add(Fault("drop_after", route=TAGS))
    with pytest.raises(requests.ConnectionError):
        tag(call)
    assert (shop.orders[1]["Tags"], billbee.calls[-1].status) == (["done"], 200)


@pytest.mark.parametrize("kind", ["delay_before", "delay_after"])
def test_an_answer_can_be_late(billbee: Billbee, shop: Account, call: BillbeeCaller, kind: str) -> None:
    waited: list[tuple[float, list[str]]] = []
    billbee.sleep = lambda seconds: waited.append((seconds, list(shop.orders[1]["Tags"])))
    billbee.faults.add(Fault(kind, seconds=5))  # type: ignore[arg-type]
    assert tag(call).status_code == 200
    assert waited == [(5, [] if kind == "delay_before" else ["done"])]


def test_an_error_status_comes_before_or_after_the_work(billbee: Billbee, shop: Account, call: BillbeeCaller) -> None:
    billbee.faults.add(Fault("status", status=503))
    assert (tag(call).status_code, shop.orders[1]["Tags"]) == (503, [])
    billbee.faults.add(Fault("status_after", status=500))
    assert (tag(call).status_code, shop.orders[1]["Tags"]) == (500, ["done"])


def test_a_gateway_answers_with_a_page(billbee: Billbee, shop: Account, call: BillbeeCaller) -> None:
    billbee.faults.add(Fault("bad_gateway"))
    answer = tag(call)
    assert (answer.status_code, answer.text[:9], shop.orders[1]["Tags"]) == (502, "<!DOCTYPE", [])


@pytest.mark.parametrize(("kind", "tags"), [("html", ["done"]), ("html_before", [])])
def test_a_page_can_come_with_status_200(
    billbee: Billbee, shop: Account, call: BillbeeCaller, kind: str, tags: list[str]
) -> None:
    billbee.faults.add(Fault(kind))  # type: ignore[arg-type]
    answer = tag(call)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert shop.orders[1]["Tags"] == tags


def test_json_can_stop_half_way(billbee: Billbee, call: BillbeeCaller) -> None:
    billbee.faults.add(Fault("cut_json"))
    answer = call("GET", "/orders")
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_the_connection_can_end_within_the_body(billbee: Billbee, call: BillbeeCaller) -> None:
    billbee.faults.add(Fault("cut_body"))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        call("GET", "/orders")


def test_a_field_can_have_the_wrong_type_without_harm_to_the_state(
    billbee: Billbee, shop: Account, call: BillbeeCaller
) -> None:
    billbee.faults.add(Fault("wrong_type", path="Data.0.TotalCost", value={"amount": 1}))
    assert call("GET", "/orders").json()["Data"][0]["TotalCost"] == {"amount": 1}
    assert shop.orders[1]["TotalCost"] == 10.0


@pytest.mark.parametrize("wait", [None, 7])
def test_429_comes_with_or_without_a_hint(billbee: Billbee, call: BillbeeCaller, wait: int | None) -> None:
    billbee.faults.add(Fault("throttled", retry_after=wait))
    answer = call("GET", "/orders")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, wait and str(wait))


def test_a_token_can_expire_at_any_moment() -> None:
    with Bibi() as bibi:
        bibi.add_account("public", "secret")
        call = BibiCaller(bibi)
        assert call("/listStates").status_code == 201
        bibi.faults.add(Fault("expire_token", account="public"))
        assert call("/listStates").status_code == 403
        call.log_in()
        assert call("/listStates").status_code == 201


def test_a_fault_strikes_only_its_route_account_and_call(billbee: Billbee, call: BillbeeCaller) -> None:
    billbee.faults.add(Fault("status", route=TAGS, account=USER, nth=2, times=2))
    billbee.faults.add(Fault("status", account="other@example.com", times=None))
    assert call("GET", "/orders").status_code == 200
    assert [tag(call).status_code for _ in range(4)] == [200, 500, 500, 200]


def test_a_fault_can_stay_until_it_is_cleared(billbee: Billbee, call: BillbeeCaller) -> None:
    billbee.faults.add(Fault("status", times=None))
    assert [tag(call).status_code for _ in range(3)] == [500] * 3
    billbee.faults.clear()
    assert tag(call).status_code == 200


def test_something_can_happen_between_two_calls(billbee: Billbee, shop: Account, call: BillbeeCaller) -> None:
    billbee.after_call.append(lambda recorded: shop.remove_order(1) if recorded.name == "GET /orders" else None)
    assert len(call("GET", "/orders").json()["Data"]) == 1
    assert tag(call).json()["ErrorCode"] == 2


# Abillify


def test_abillify_shows_an_order_to_its_account_only() -> None:
    with Abillify() as abillify:
        abillify.add_account("one", "password").add_order({"reference": "7", "total": 119, "currency": "EUR"})
        abillify.add_account("two", "password")
        url = f"{abillify.url}/orders/7"
        assert requests.get(url, auth=("one", "password"), timeout=60).json()["total"] == 119
        statuses = [
            requests.get(url, auth=login, timeout=60).status_code for login in [("two", "password"), ("one", "wrong")]
        ]
        assert statuses == [404, 401]


def test_abillify_words_its_errors_as_documented() -> None:
    with Abillify() as abillify:
        abillify.add_account("one", "password")
        abillify.faults.add(Fault("throttled", retry_after=3))
        refused = requests.get(f"{abillify.url}/orders/7", auth=("one", "password"), timeout=60)
        missing = requests.get(f"{abillify.url}/orders/7", auth=("one", "password"), timeout=60)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3")
        assert missing.json().keys() == {"code", "details", "message", "name", "type"}
