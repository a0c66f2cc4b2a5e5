"""A running `serve` from outside: rings of Billbee lead to submissions (R21), and the console script `orderbridge` has
its functions do what it asks for.

One process for all of it, since it takes a while. Each test has orders of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from local.simulators import Bibi, Billbee
from local.simulators.billbee import Account
from local.simulators.billbee.deliveries import signed
from local.simulators.billbee.orders import item, order, product
from testkit.processes.serving import API_KEY, Served, merchant, register, served
from testkit.processes.waiting import PATIENCE, wait_until
from tests.effort import THOROUGH

pytestmark = pytest.mark.xdist_group(__name__)

SECRET = "acme-webhook-secret-of-the-tests-40"
OTHER_SECRET = "other-webhook-secret-of-the-tests-40"
BODY = b'{"Id": "1", "Attempt": 1, "Notifications": [{"Action": "order.updated"}]}'
BURST = 1000 if THOROUGH else 100
SCRIPT = Path(sys.executable).with_name("orderbridge")
TAG = "bibi"


@dataclass
class Tool:
    """The script with the environment of an operator who has no AWS account, and what it works on."""

    serve: Served
    billbee: Billbee
    bibi: Bibi

    @property
    def shop(self) -> Account:
        return self.billbee.accounts["shop@acme.example"]

    def polls(self, name: str = "acme") -> int:
        return sum(1 for call in list(self.billbee.calls) if _begins_a_poll(call, name))

    def submitted(self, name: str = "acme") -> set[str]:
        return set(self.bibi.accounts[f"public-{name}"].orders)

    def ring(self, body: bytes = BODY, query: str = "", **headers: str) -> int:
        """The status of the answer to a ring at acme's door; signed unless said otherwise."""
        given = headers or ({} if query else signed("ms", SECRET, body))
        url = f"{self.serve.url}/webhooks/billbee/acme{query}"
        return requests.post(
            url, data=body, headers={"Content-Type": "application/json"} | given, timeout=120
        ).status_code

    def __call__(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        endpoint = self.serve.aws
        bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        command = [str(SCRIPT), "--endpoint-url", endpoint, "--stage", "local", *arguments]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            cwd="/",
            env={**bare, "COLUMNS": "60", **env},
        )

    def ask(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        done = self(*arguments, "--json")
        assert done.returncode == status, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def _begins_a_poll(call: Any, name: str) -> bool:
    """A poll of changes reads its first page once; it may read it again if orders move meanwhile."""
    return bool(
        call.name == "GET /orders"
        and call.account == f"shop@{name}.example"
        and call.query.get("page", ["1"]) == ["1"]
        and "modifiedAtMin" in call.query
    )


@pytest.fixture(scope="module")
def tool() -> Iterator[Tool]:
    """`serve` for two merchants after the first round of its schedules: whatever is polled from here on, a ring or the
    tool has asked for.
    """
    merchants = {
        "acme": merchant("acme", webhook_secret=SECRET),
        "other": merchant("other", webhook_secret=OTHER_SECRET),
    }
    with Billbee(api_key=API_KEY, throttles=False) as billbee, Bibi(throttles=False) as bibi:
        for name in merchants:
            shop = billbee.add_account(f"shop@{name}.example", f"password-of-{name}")
            warehouse = bibi.add_account(f"public-{name}", f"secret-{name}")
            shop.add_product(product("MUG-01", ean="4006381333931", stock=50))
            warehouse.add_product("MUG-01", stock=50)
        shop = billbee.accounts["shop@acme.example"]
        shop.add_order(order(31, items=[item("MUG-01")], tags=[TAG], order_number="A-31"))
        shop.add_order(order(32, items=[item("MUG-01")], tags=[TAG], no_address=True))
        with served(merchants, billbee, bibi) as serve:
            wait_until(lambda: "order_received_by_bibi" in shop.orders[31]["Tags"])
            wait_until(lambda: "order_rejected_by_bibi" in shop.orders[32]["Tags"])
            serve.wait_until_idle()
            yield Tool(serve, billbee, bibi)
        assert serve.process.returncode == 0
        assert not serving_file(serve).exists()


def serving_file(serve: Served) -> Path:
    return Path(__file__).parents[2] / ".local" / f"serve-{serve.process.pid}.json"


def test_it_says_where_it_is_as_long_as_it_runs(tool: Tool) -> None:
    told = json.loads(serving_file(tool.serve).read_text(encoding="utf-8"))
    assert told.pop("origin") <= time.time()
    assert told == {"pid": tool.serve.process.pid, "url": tool.serve.url, "aws": tool.serve.aws, "speed": 1}


def test_the_script_is_installed() -> None:
    assert SCRIPT.is_file(), f"{SCRIPT} is missing: make test installs it"


def test_an_order_is_found_by_either_number_with_what_the_functions_did(tool: Tool) -> None:
    (shown,) = tool.ask("order", "show", "A-31")["orders"]
    assert (shown["billbee_id"], shown["status"]) == (31, "acknowledged")
    assert [event["to"] for event in shown["timeline"]][:4] == ["queued", "submitting", "submitted", "acknowledged"]
    done = tool("order", "show", "31", NO_COLOR="1")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 60


def test_why_and_retry_follow_the_functions(tool: Tool) -> None:
    why = tool("order", "why", "32")
    assert why.returncode == 1
    assert "OB-101" in why.stdout
    shop = tool.shop
    shop.change(32, ShippingAddress=shop.orders[31]["ShippingAddress"])
    assert tool.ask("order", "retry", "32")["done"].startswith("it is checked again")
    wait_until(lambda: "order_received_by_bibi" in shop.orders[32]["Tags"])


def test_the_doctor_and_the_webhook_work_before_the_running_doorbell(tool: Tool) -> None:
    url = tool.serve.url
    assert tool("webhooks", "register", "--url", url, "--merchant", "acme").returncode == 0
    answer = tool.ask("merchants", "check", "acme", "--url", url)
    assert answer["trouble"] == 0


def test_jobs_reconcile_and_failed_agree_that_all_is_well(tool: Tool) -> None:
    assert {one["job"] for one in tool.ask("jobs")["jobs"]} >= {"poll-orders", "push-orders", "sync-stock"}
    assert tool.ask("reconcile")["merchants"][0]["disagreements"] == []
    assert tool.ask("failed", "list")["failed"] == []


def test_bad_input_is_a_line_on_standard_error(tool: Tool) -> None:
    done = tool("order", "show", "no-such-order")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr


# Rings


@pytest.mark.parametrize(("number", "signature"), [(1, "ms"), (2, "base64"), (3, "hex")])
def test_r21_a_tagged_orders_ring_leads_to_its_submission(tool: Tool, number: int, signature: str) -> None:
    tool.billbee.readings.choose({"webhook-signature": signature})
    tool.shop.webhooks.clear()
    register(tool.billbee, "acme", tool.serve.url, SECRET)
    rung_before, others = len(tool.billbee.deliveries), tool.polls("other")
    tool.shop.add_order(order(number, items=[item("MUG-01")]))
    tool.shop.add_tags(number, [TAG])
    wait_until(lambda: "order_received_by_bibi" in tool.shop.orders[number]["Tags"])
    wait_until(lambda: not tool.billbee.deliveries_outstanding)
    tool.serve.wait_until_idle()
    tool.shop.webhooks.clear()
    assert str(number) in tool.submitted()
    rung = [one for one in tool.billbee.deliveries[rung_before:] if one.actions != ("product.stock.updated",)]
    assert rung[0].actions == ("order.created",)
    assert {one.status for one in rung} == {202}
    assert {one.attempt for one in rung} == {1}
    assert tool.submitted("other") == set()
    assert tool.polls("other") == others


def test_r21_a_burst_of_rings_becomes_a_handful_of_polls(tool: Tool) -> None:
    tool.shop.webhooks.clear()
    tool.serve.wait_until_idle()
    before, began = tool.polls(), time.time()
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: tool.ring(), range(BURST)))
    tool.serve.wait_until_idle()
    assert answers == [202] * BURST
    # One for every two seconds that it lasted, however long that is on this machine.
    assert 1 <= tool.polls() - before <= (time.time() - began) / 2 + 2


def test_no_secret_and_no_body_is_logged(tool: Tool) -> None:
    body = BODY + b'"Brunhilde"'
    signature = signed("ms", SECRET, body)
    assert tool.ring(body, **signature) == 202
    assert tool.ring(body, query=f"?token={SECRET}") == 202
    assert tool.ring(body, query=f"?token={OTHER_SECRET}") == 401
    tool.serve.wait_for("Ring refused")
    for secret in (SECRET, OTHER_SECRET, "Brunhilde", signature["ms-signature"]):
        assert not tool.serve.said(secret)


def test_another_billbee_is_not_asked_to_ring(tool: Tool) -> None:
    assert tool.billbee.count("POST /webhooks", "shop@other.example") == 0
    assert not tool.serve.said("Billbee rings at")
