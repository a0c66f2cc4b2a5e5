"""The alarms and the dashboard read metrics that the functions really write, with exactly these dimensions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from local.run import cycle
from local.simulators import Abillify, Bibi, Billbee
from local.simulators.bibi.asn import receive
from local.simulators.billbee.orders import item, order, product
from local.simulators.faults import Fault
from local.stack import PROJECT
from local.system import FunctionLog, Options, running
from testkit.processes.serving import Followed
from testkit.template import read_template
from tests.unexpected import rare_lines

Series = tuple[str, str, frozenset[tuple[str, str]]]
"""Namespace, name, and dimensions of a metric."""

NAMESPACE = "orderbridge/local"
SECRETS = {"billbee_password": "password-of-acme", "bibi_public_key": "public", "bibi_secret_key": "s"}
SECRETS |= {"abillify_username": "api", "abillify_password": "password-of-the-books"}
SECRETS |= {"webhook_secret": "webhook-secret-of-the-tests-40-characters"}
TEMPLATE = read_template()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def written(line: str) -> Iterator[Series]:
    """The series of one line of a function's log, as CloudWatch reads the embedded metric format."""
    _, _, text = line.partition(" ")
    try:
        blob = json.loads(text)
    except ValueError:
        return
    for directive in blob.get("_aws", {}).get("CloudWatchMetrics", ()) if isinstance(blob, dict) else ():
        for names in directive["Dimensions"]:
            dimensions = frozenset((name, str(blob[name])) for name in names)
            for metric in directive["Metrics"]:
                yield directive["Namespace"], metric["Name"], dimensions


GOODS = "tracking;T-1\nshipped;2026-07-01\neta;2026-07-08\ncountry;CN\nwarehouse;Wisconsin\nsku;quantity\nMUG;5\n"


pytestmark = pytest.mark.xdist_group(__name__)  # one stack


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[Series], dict[str, Any]]:
    """What all functions write about orders that see everything an order can see, and the deployed dashboard."""
    settings = {
        "billbee": {"username": "shop", "order_tag": "bibi"},
        "billing": {"enabled": True, "grace_hours": 0},
        "stock": {"movements": True},
    }
    entry = {"settings": settings, "secrets": SECRETS}
    merchants: Path = tmp_path_factory.mktemp("merchants") / "merchants.json"
    merchants.write_text(json.dumps({"billbee_api_key": "key", "merchants": {"acme": entry}}), encoding="utf-8")
    log, clock = StringIO(), Followed()
    with (
        Billbee(api_key="key", throttles=False, clock=clock) as billbee,
        Bibi(throttles=False, clock=clock) as bibi,
        Abillify(clock=clock) as abillify,
    ):
        books = abillify.add_account("api", "password-of-the-books")
        shop, warehouse = billbee.add_account("shop", "password-of-acme"), bibi.add_account("public", "s")
        for sku, number in (("MUG", 1), ("TEE", 2)):
            shop.add_product(product(sku, ean=f"4{number:012d}"))
        warehouse.add_product("MUG", stock=50)
        warehouse.adjust("MUG", -1, "01")
        for billbee_id in (1, 2, 3, 4, 5):
            shop.add_order(order(billbee_id, items=[item("MUG")], tags=["bibi"], no_address=billbee_id == 4))
        options = Options(merchants, billbee.url, bibi.url, abillify.url, speed=6.0)
        with running(options, FunctionLog(log), lambda line: None) as system:
            clock.leader = system.clock
            s3, bucket = system.stack.aws.client("s3"), system.stack.physical_id("Documents")
            s3.put_object(Bucket=bucket, Key="inbound/acme/goods.csv", Body=GOODS.encode())
            assert cycle(system)
            shop.change(2, State=8)  # cancelled
            receive(warehouse, "T-1", {"MUG": 4})
            shop.change(3, OrderItems=[item("MUG", quantity=2)], TotalCost=20.0)
            shop.remove_tag(3, "order_received_by_bibi")
            warehouse.ship("1", ["1Z1"], method="02")
            warehouse.ship("5", ["1Z5"], method="02")
            books.bill(shop.orders[1])
            warehouse.return_item("1", "MUG")
            billbee.faults.add(Fault("throttled", "GET /orders", retry_after=1))
            assert cycle(system)
            body = system.stack.aws.client("cloudwatch").get_dashboard(DashboardName="orderbridge-local")
            assert {one.billbee_id: one.status for one in system.books.orders("acme")} == {
                1: "shipped",
                2: "cancelled",
                3: "acknowledged",
                4: "rejected",
                5: "shipped",
            }
    lines = [*log.getvalue().splitlines(), *rare_lines(NAMESPACE)]
    return {series for line in lines for series in written(line)}, json.loads(body["DashboardBody"])


def of_alarms() -> set[Series]:
    """Our own series that the alarms read."""
    found: set[Series] = set()
    for resource in RESOURCES.values():
        if resource["Type"] != "AWS::CloudWatch::Alarm":
            continue
        alarm = resource["Properties"]
        metrics = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", []) if "MetricStat" in query]
        for metric in metrics or [alarm]:
            if "MetricName" in metric and isinstance(metric["Namespace"], dict):
                namespace = metric["Namespace"]["Fn::Sub"].replace("${Stage}", "local")
                dimensions = frozenset((one["Name"], one["Value"]) for one in metric["Dimensions"])
                found.add((namespace, metric["MetricName"], dimensions))
    return found


def of_dashboard(dashboard: dict[str, Any]) -> set[Series]:
    """Our own series that the dashboard shows."""
    found: set[Series] = set()
    for widget in dashboard["widgets"]:
        for metric in widget["properties"].get("metrics", []):
            if metric[0].startswith("orderbridge"):
                namespace, name, *pairs = [part for part in metric if isinstance(part, str)]
                found.add((namespace, name, frozenset(zip(pairs[::2], pairs[1::2], strict=True))))
    return found


def test_every_metric_is_read_and_what_is_read_is_written(seen: tuple[set[Series], dict[str, Any]]) -> None:
    """By an alarm or the dashboard: a metric without readers is not worth its price."""
    emitted, dashboard = seen
    assert {name for _, name, _ in of_alarms()} == {"OrdersRejected", "CallsThrottled", "UnexpectedErrors"}
    assert of_alarms() <= of_dashboard(dashboard)
    assert emitted == of_dashboard(dashboard)


def test_every_metric_is_written_about_and_belongs_to_this_deployment(seen: tuple[set[Series], dict[str, Any]]) -> None:
    emitted, _ = seen
    text = (PROJECT / "docs" / "design" / "watch.md").read_text(encoding="utf-8")
    assert {namespace for namespace, _, _ in emitted} == {NAMESPACE}
    assert {name for _, name, _ in emitted if f"`{name}`" not in text} == set()


def test_all_functions_share_each_metric_and_none_has_a_merchant(seen: tuple[set[Series], dict[str, Any]]) -> None:
    """CloudWatch bills each combination of dimensions."""
    emitted, _ = seen
    assert {dimensions for _, _, dimensions in emitted} == {frozenset({("service", "orderbridge")})}


def test_every_widget_is_placed_beside_the_others(seen: tuple[set[Series], dict[str, Any]]) -> None:
    _, dashboard = seen
    taken: set[tuple[int, int]] = set()
    for widget in dashboard["widgets"]:
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken, widget["properties"]["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
