"""The console script `orderbridge` before a running local stack, whose functions do what it asks for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.simulators import Bibi, Billbee
from local.simulators.billbee.orders import item, order, product
from tests.serving import API_KEY, Served, merchant, served, wait_until

SCRIPT = Path(sys.executable).with_name("orderbridge")
TAG = "bibi"


@dataclass
class Tool:
    """The script with the environment of an operator who has no AWS account."""

    serve: Served
    billbee: Billbee

    def __call__(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        endpoint = next(found[1] for line in self.serve.lines if (found := re.search(r"AWS is (http\S+)", line)))
        bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        command = [str(SCRIPT), "--endpoint-url", endpoint, "--stage", "local", *arguments]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd="/",
            env={**bare, "COLUMNS": "60", **env},
        )

    def ask(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        done = self(*arguments, "--json")
        assert done.returncode == status, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


@pytest.fixture(scope="module")
def tool() -> Iterator[Tool]:
    with Billbee(api_key=API_KEY) as billbee, Bibi() as bibi:
        shop = billbee.add_account("shop@acme.example", "password-of-acme")
        warehouse = bibi.add_account("public-acme", "secret-acme")
        shop.add_product(product("MUG-01", ean="4006381333931", stock=50))
        warehouse.add_product("MUG-01", stock=50)
        shop.add_order(order(31, items=[item("MUG-01")], tags=[TAG], order_number="A-31"))
        shop.add_order(order(32, items=[item("MUG-01")], tags=[TAG], no_address=True))
        with served({"acme": merchant("acme")}, billbee, bibi) as serve:
            made = Tool(serve, billbee)
            wait_until(lambda: "order_received_by_bibi" in shop.orders[31]["Tags"], 120)
            wait_until(lambda: "order_rejected_by_bibi" in shop.orders[32]["Tags"], 120)
            yield made


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
    shop = tool.billbee.accounts["shop@acme.example"]
    shop.change(32, ShippingAddress=shop.orders[31]["ShippingAddress"])
    assert tool.ask("order", "retry", "32")["done"].startswith("it is checked again")
    wait_until(lambda: "order_received_by_bibi" in shop.orders[32]["Tags"], 120)


def test_the_doctor_and_the_webhook_work_before_the_running_doorbell(tool: Tool) -> None:
    url = tool.serve.url
    assert tool("webhooks", "register", "--url", url).returncode == 0
    answer = tool.ask("merchants", "check", "--url", url)
    assert answer["trouble"] == 0


def test_jobs_reconcile_and_failed_agree_that_all_is_well(tool: Tool) -> None:
    assert {one["job"] for one in tool.ask("jobs")["jobs"]} >= {"poll-orders", "push-orders", "sync-stock"}
    assert tool.ask("reconcile")["merchants"][0]["disagreements"] == []
    assert tool.ask("failed", "list")["failed"] == []


def test_bad_input_is_a_line_on_standard_error(tool: Tool) -> None:
    done = tool("order", "show", "no-such-order")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
