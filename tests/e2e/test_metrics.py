"""The alarms and the dashboard read metrics that the functions really write, with exactly these dimensions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from local.run import cycle
from local.simulators import Abillify, Bibi, Billbee
from local.simulators.bibi.asn import receive
from local.simulators.billbee.orders import item, order, product
from local.stack import PROJECT
from local.system import FunctionLog, Options, System, running
from orderbridge.domain.doorbell import AT_ONCE, ONE_EACH
from orderbridge.stores.cursors import Cursors
from orderbridge.stores.table import Table
from testkit.processes.serving import Followed
from tests.unexpected import lines_of

Series = tuple[str, str, frozenset[tuple[str, str]]]
"""Namespace, name, and dimensions of a metric."""

NAMESPACE = "orderbridge/local"
SECRETS = {"billbee_password": "password-of-acme", "bibi_public_key": "public", "bibi_secret_key": "s"}
SECRETS |= {"abillify_username": "api", "abillify_password": "password-of-the-books"}
SECRETS |= {"webhook_secret": "webhook-secret-of-the-tests-40-characters"}
TEMPLATE: dict[str, Any] = yaml_parse((PROJECT / "template.yaml").read_text(encoding="utf-8"))
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


READERS = {
    resource["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
    for resource in RESOURCES.values()
    if resource["Type"] == "AWS::Serverless::Function"
    and any(event["Type"] == "SQS" for event in resource["Properties"].get("Events", {}).values())
}
"""The functions that read a queue: an error that none of them expects is no failure of its invocation."""
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
            assert cycle(system)
            ring_in_masses(system)
            body = system.stack.aws.client("cloudwatch").get_dashboard(DashboardName="orderbridge-local")
            assert {one.billbee_id: one.status for one in system.books.orders("acme")} == {
                1: "shipped",
                2: "cancelled",
                3: "acknowledged",
                4: "rejected",
                5: "shipped",
            }
    lines = [*log.getvalue().splitlines(), *lines_of(READERS, NAMESPACE)]
    return {series for line in lines for series in written(line)}, json.loads(body["DashboardBody"])


def ring_in_masses(system: System) -> None:
    """Ring at the door after so many rings that the merchant has no poll left."""
    aws = system.stack.aws
    cursors = Cursors(Table(aws.client("dynamodb"), system.stack.physical_id("Table")), "acme")
    paid_until = system.clock.now() + AT_ONCE * ONE_EACH
    cursors.set_orders(replace(cursors.orders(), rings_paid_until=paid_until))
    event = json.loads((PROJECT / "events" / "webhook" / "echo.json").read_text(encoding="utf-8"))
    event["queryStringParameters"] = {"token": SECRETS["webhook_secret"]}
    assert system.workers.invoke(system.stack.functions["Webhook"], event).payload["statusCode"] == 202
    system.drain()


def of_alarms() -> set[Series]:
    """Our own series that the alarms read."""
    found: set[Series] = set()
    for resource in RESOURCES.values():
        if resource["Type"] != "AWS::CloudWatch::Alarm":
            continue
        alarm = resource["Properties"]
        metrics = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", []) if "MetricStat" in query]
        for query in alarm.get("Metrics", []):
            if isinstance(query.get("Expression"), dict):
                found |= of_query(query["Expression"]["Fn::Sub"].replace("${Stage}", "local"))
        for metric in metrics or [alarm]:
            if "MetricName" in metric and isinstance(metric["Namespace"], dict):
                namespace = metric["Namespace"]["Fn::Sub"].replace("${Stage}", "local")
                dimensions = frozenset((one["Name"], one["Value"]) for one in metric["Dimensions"])
                found.add((namespace, metric["MetricName"], dimensions))
    return found


def of_query(text: str) -> set[Series]:
    """The series that a query of an alarm reads: those of every function that may write the metric."""
    parts = re.fullmatch(r'SELECT SUM\((\w+)\) FROM SCHEMA\("(.+)", service\)', text)
    assert parts, text
    return {(parts[2], parts[1], frozenset({("service", service)})) for service in READERS}


def of_dashboard(dashboard: dict[str, Any], every: set[Series]) -> set[Series]:
    """Our own series that the dashboard shows; a search shows those of ``every`` that it finds."""
    found: set[Series] = set()
    for widget in dashboard["widgets"]:
        for metric in widget["properties"].get("metrics", []):
            if isinstance(metric[0], dict):
                pattern = r"""SEARCH\('\{"(.+?)",(\w+)\} MetricName="(\w+)"'"""
                searched = re.search(pattern, metric[0]["expression"])
                assert searched, metric
                namespace, dimension, name = searched.groups()
                hits = {s for s in every if s[:2] == (namespace, name) and {d for d, _ in s[2]} == {dimension}}
                assert hits, metric
                found |= hits
            elif metric[0].startswith("orderbridge"):
                namespace, name, *pairs = [part for part in metric if isinstance(part, str)]
                found.add((namespace, name, frozenset(zip(pairs[::2], pairs[1::2], strict=True))))
    return found


def test_every_alarm_reads_metrics_that_the_functions_write(seen: tuple[set[Series], dict[str, Any]]) -> None:
    emitted, _ = seen
    assert len(of_alarms()) >= 12
    assert of_alarms() - emitted == set()


def test_the_dashboard_shows_metrics_that_the_functions_write(seen: tuple[set[Series], dict[str, Any]]) -> None:
    emitted, dashboard = seen
    shown = of_dashboard(dashboard, emitted)
    assert len(shown) > 30
    assert shown - emitted == set()


def test_every_figure_of_the_watch_is_shown_or_alarmed_about(seen: tuple[set[Series], dict[str, Any]]) -> None:
    emitted, dashboard = seen
    by_watch = {series for series in emitted if ("service", "watch") in series[2] and series[1] != "ColdStart"}
    assert by_watch
    assert by_watch - of_alarms() - of_dashboard(dashboard, emitted) == set()


def test_every_metric_is_written_about_and_belongs_to_this_deployment(seen: tuple[set[Series], dict[str, Any]]) -> None:
    emitted, _ = seen
    text = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert {namespace for namespace, _, _ in emitted} == {NAMESPACE}
    assert {name for _, name, _ in emitted if f"`{name}`" not in text} == set()


def test_no_metric_has_a_merchant(seen: tuple[set[Series], dict[str, Any]]) -> None:
    """CloudWatch bills each combination of dimensions."""
    emitted, _ = seen
    names = {name for _, _, dimensions in emitted for name, _ in dimensions}
    assert names == {"service", "status", "function_name"}


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
