"""A whole journey through the local stack with every kind of trouble, and everything that came out of it.

Two merchants with names, addresses and secrets that occur nowhere else; vendors that fail in every way and repeat
personal data in their errors; AWS refusing calls; messages that are not ours; rings, forged and good; every page
of the board.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import request as served
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.s3.models import s3_backends

import local.aws
from local.aws import ACCOUNT
from local.http import HttpApi
from local.simulators import Abillify, Bibi, Billbee
from local.simulators.bibi.asn import receive
from local.simulators.bibi.records import STAFF
from local.simulators.billbee.orders import address, item, order, product
from local.simulators.faults import Fault
from local.simulators.server import Answer, Simulator
from local.stack import Function
from local.system import FunctionLog, Options, System, running
from local.workers import Workers
from orderbridge.jobs.messages import TakeUp
from orderbridge.merchants.registry import REGISTRY, Registry
from orderbridge.platform.table import Table
from testkit.processes.serving import Followed
from testkit.processes.waiting import wait_until
from tests.security.aws_calls import AwsCall, RecordedAws

API_KEY = "canary-key-of-the-application-8841"
SPEED = 6.0
"""How many times as fast as real time the journey passes: what is paced or put off is waited for less."""
KEY_OF = "key-of-"
"""A function's access key is this and its label."""


@dataclass(frozen=True)
class Merchant:
    """A merchant whose every secret and customer can be told from the other's."""

    name: str
    secrets: dict[str, str]
    buyers: list[dict[str, Any]]
    message: str
    settings: dict[str, Any]

    @property
    def username(self) -> str:
        return f"shop@{self.name}.example"

    def personal(self) -> set[str]:
        parts = ("FirstName", "LastName", "Company", "Street", "City", "Email", "Phone", "Line2")
        return {str(buyer[part]) for buyer in self.buyers for part in parts if buyer[part]} | {self.message}

    def credentials(self) -> set[str]:
        """The secrets, also as they travel."""
        pairs = (
            f"{self.username}:{self.secrets['billbee_password']}",
            f"{self.secrets['bibi_public_key']}:{self.secrets['bibi_secret_key']}",
            f"{self.secrets['abillify_username']}:{self.secrets['abillify_password']}",
        )
        return set(self.secrets.values()) | {base64.b64encode(pair.encode()).decode() for pair in pairs}


def _secrets(name: str) -> dict[str, str]:
    return {
        "billbee_password": f"Billbee-Canary-{name}-8842",
        "bibi_public_key": f"bibi-public-canary-{name}-8843",
        "bibi_secret_key": f"bibi-secret-canary-{name}-8844",
        "abillify_username": f"abillify-user-canary-{name}-8848",
        "abillify_password": f"abillify-canary-{name}-8849",
        "webhook_secret": f"webhook-canary-of-{name}-for-the-tests-8845",
    }


ACME = Merchant(
    "acme",
    _secrets("acme"),
    [
        address("Zbigniew", "Wolszczan", street="Quellenweg", house_number="7791", city="Oberpfaffen", zip_code="90817",
                company="Gartenzwerg Ltd", line2="Hinterhof Xaver", email="zbigniew@buyer-88.example",
                phone="+49 30 8812345"),
        address("Ngozi", "Adébáyò", street="Tannhäuser Allee", house_number="4417", city="Krähwinkel",
                zip_code="71902", email="ngozi@buyer-88.example", phone="+234 88 123 4567"),
    ],
    "Please leave it with my neighbour Brunhilde",
    {"bibi": {"send_buyer_message": True}, "stock": {"movements": True}, "bundles": "kits",
     "billing": {"enabled": True, "cancel": True, "grace_hours": 0}},
)  # fmt: skip
NORD = Merchant(
    "nord",
    _secrets("nord"),
    [address("Yoshiko", "Kurosawa", street="Umeda-dori", house_number="9", city="Sapporo-Nishi", zip_code="06881",
             email="yoshiko@buyer-88.example", phone="0081 88 99887", state="WA")],
    "Bitte beim Hausmeister Ottokar abgeben",
    {
        "bibi": {"order_number": "order_number"},
        "billing": {"enabled": True, "hold_until_billed": True, "reference": "order_number"},
    },
)  # fmt: skip
MERCHANTS = (ACME, NORD)
IN_THE_SETTINGS = "canary-in-the-settings-8846"
UNUSABLE = json.dumps({"billbee": {"username": "shop@broken.example", "password": IN_THE_SETTINGS}})
CANARIES_ELSEWHERE = {API_KEY, IN_THE_SETTINGS, "canary-in-a-message-8847", STAFF}


def canaries() -> set[str]:
    """Whatever must not come out anywhere."""
    return CANARIES_ELSEWHERE.union(*(one.personal() | one.credentials() for one in MERCHANTS))


def found_in(text: str, wanted: set[str] | None = None) -> list[str]:
    """Which canaries stand in a text, as they are or as JSON writes them."""
    folded = text.casefold()
    forms = {one: {one.casefold(), json.dumps(one)[1:-1].casefold()} for one in wanted or canaries()}
    return sorted(one for one, written in forms.items() if any(form in folded for form in written))


@dataclass
class Journey:
    """What came out."""

    system: System
    aws: RecordedAws
    log: StringIO
    billbee: Billbee
    bibi: Bibi
    abillify: Abillify
    api: HttpApi
    traces: list[str]
    to_vendors: dict[str, list[tuple[str | None, str]]]
    """By vendor: who called, and all of the request."""
    pages: list[str] = field(default_factory=list)
    label_links: set[str] = field(default_factory=set)

    def calls_of(self, function: Function) -> list[AwsCall]:
        return [call for call in self.aws.calls if call.caller == KEY_OF + function.label]

    def items(self, *, registry: bool = False) -> str:
        """What stands in the registry, or everything else of the table."""
        dynamodb = self.system.stack.aws.client("dynamodb")
        pages = dynamodb.get_paginator("scan").paginate(TableName=self.system.stack.physical_id("Table"))
        items: list[Any] = [item for page in pages for item in page["Items"]]
        found = [item for item in items if item["pk"]["S"].startswith(REGISTRY) == registry]
        return json.dumps(found, ensure_ascii=False)

    # -- steps

    def fire(self, job: str) -> None:
        """Fire a job's schedules, and leave the queues to themselves."""
        for schedule in self.system.stack.schedules:
            if job in json.dumps(schedule.event):
                self.system.fire(schedule)

    def send(self, queue: str, body: str) -> None:
        found = next(one for one in self.system.stack.queues.values() if one.logical_id == queue)
        lane = {"MessageGroupId": "acme", "MessageDeduplicationId": str(time.monotonic_ns())}
        lane = lane if found.name.endswith(".fifo") else {}
        self.system.pollers.sqs.send_message(QueueUrl=found.url, MessageBody=body, **lane)

    def get(self, path: str, **query: str) -> requests.Response:
        answer = requests.get(self.api.url + path, params=query, timeout=60)
        self.pages.append(f"{answer.headers} {answer.text}")
        return answer

    def confirm(self, path: str) -> None:
        """Do what a page of the board asks to confirm, as its form does."""
        (form,) = re.findall(r'name="form" value="([^"]*)"', self.get(path).text)
        headers = {"Origin": self.api.url, "Sec-Fetch-Site": "same-origin"}
        answer = requests.post(f"{self.api.url}/act", data={"form": form}, headers=headers, timeout=60)
        assert answer.ok, answer.text
        self.pages.append(f"{answer.headers} {answer.text}")

    def ring(self, merchant: Merchant, body: bytes, secret: str) -> int:
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        answer = requests.post(
            f"{self.api.url}/webhooks/billbee/{merchant.name}",
            data=body,
            headers={"Content-Type": "application/json", "ms-signature": f"sha256={signature}"},
            timeout=60,
        )
        self.pages.append(f"{answer.headers} {answer.text}")
        return answer.status_code


@contextmanager
def journey(folder: Path) -> Iterator[Journey]:
    """The stack, stocked and running; nothing has happened yet."""
    entries = {
        one.name: {
            # The schedule is what the journey goes by, though the doorbell rings.
            "settings": {"billbee": {"username": one.username, "order_tag": "bibi", "poll_minutes_when_rung": 5}}
            | one.settings,
            "secrets": one.secrets,
        }
        for one in MERCHANTS
    }
    path = folder / "merchants.json"
    path.write_text(json.dumps({"billbee_api_key": API_KEY, "merchants": entries}), encoding="utf-8")
    recorded: list[RecordedAws] = []
    clock = Followed()

    def before_moto(*arguments: Any) -> RecordedAws:
        recorded.append(RecordedAws(DomainDispatcherApplication(*arguments)))
        return recorded[0]

    with (
        pytest.MonkeyPatch.context() as patch,
        _traced(patch) as traces,
        Billbee(api_key=API_KEY, throttles=False, clock=clock) as billbee,
        Bibi(throttles=False, clock=clock) as bibi,
        Abillify(clock=clock) as abillify,
    ):
        patch.setattr(local.aws, "DomainDispatcherApplication", before_moto)
        to_vendors = {one.name: _overheard(one) for one in (billbee, bibi, abillify)}
        _stock(billbee, bibi)
        for one in MERCHANTS:
            abillify.add_account(one.secrets["abillify_username"], one.secrets["abillify_password"])
        log = StringIO()
        options = Options(path, billbee.url, bibi.url, abillify.url, speed=SPEED)
        with running(options, FunctionLog(log), lambda line: None) as system:
            clock.leader = system.clock
            table = Table(system.stack.aws.client("dynamodb"), system.stack.physical_id("Table"))
            Registry(table, system.clock).put("broken", UNUSABLE, by="a test")
            with _calls_without_end(system), HttpApi(system.stack.routes, system.workers.invoke) as api:
                system.workers.of_this_machine["LABELS_URL"] = f"{api.url}/labels"
                yield Journey(system, recorded[0], log, billbee, bibi, abillify, api, traces, to_vendors)


@contextmanager
def _traced(patch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Workers that trace, to a daemon of ours, and sign with a key of their own."""
    segments: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(0.2)
        stopped = threading.Event()

        def listen() -> None:
            while not stopped.is_set():
                try:
                    segments.append(daemon.recv(1 << 16).decode())
                except TimeoutError:
                    continue

        plain = Workers._environment

        def environment(self: Workers, function: Function) -> dict[str, str]:
            given = plain(self, function) | {
                "AWS_ACCESS_KEY_ID": KEY_OF + function.label,
                "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.getsockname()[1]}",
                "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
            }
            del given["POWERTOOLS_TRACE_DISABLED"]
            return given

        patch.setattr(Workers, "_environment", environment)
        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        try:
            yield segments
        finally:
            stopped.set()
            listener.join()


def _overheard(simulator: Simulator) -> list[tuple[str | None, str]]:
    heard: list[tuple[str | None, str]] = []

    def hear(call: Any) -> None:
        text = f"{served.method} {served.url} {dict(served.headers)} {json.dumps(call.body, ensure_ascii=False)}"
        heard.append((call.account, text))

    simulator.after_call.append(hear)
    return heard


def _stock(billbee: Billbee, bibi: Bibi) -> None:
    for one in MERCHANTS:
        shop = billbee.add_account(one.username, one.secrets["billbee_password"])
        warehouse = bibi.add_account(one.secrets["bibi_public_key"], one.secrets["bibi_secret_key"])
        for sku in ("MUG-01", "TEE-01"):
            shop.add_product(product(sku, stock=50, ean=f"400000000{len(shop.products):04d}"))
            warehouse.add_product(sku, stock=50)
        shop.add_product(product("ONLY-IN-BILLBEE"))
        shop.add_product(product("BOX", components=[("MUG-01", 1), ("TEE-01", 2)], stock=0))
        warehouse.adjust("MUG-01", -1, "01")


def sell(here: Journey, merchant: Merchant, *numbers: int, **fields: Any) -> None:
    shop = here.billbee.accounts[merchant.username]
    for number in numbers:
        buyer = merchant.buyers[number % len(merchant.buyers)]
        details = {"tags": ["bibi"], "ship_to": dict(buyer), "message": merchant.message} | fields
        shop.add_order(order(number, items=[item("MUG-01")], **details))


def gossip(simulator: Simulator) -> None:
    """Errors of this vendor repeat a buyer's data and the caller's credentials, as they may."""
    buyer = ACME.buyers[0]
    loose = f"Cannot handle {buyer['FirstName']} {buyer['LastName']}, {buyer['Street']}, {buyer['Email']}"
    secret = "; ".join(["", *(ACME.secrets[name] for name in sorted(ACME.secrets)), API_KEY])

    def error_answer(status: int) -> Answer:
        told = loose + (secret if status >= 500 else "")
        details = [{"error": told, "fields": [buyer["LastName"]], "hint": loose}]
        body = {"success": False, "message": told, "code": status, "ErrorMessage": told, "ErrorCode": 8}
        body["details"] = details
        return Answer(status, body, {"X-Said": loose.encode("ascii", "replace").decode()})

    simulator.error_answer = error_answer  # type: ignore[method-assign]


def a_round(here: Journey) -> None:
    """Fire every schedule, all at once, and let the queues run empty."""
    for schedule in here.system.stack.schedules:
        here.system.fire(schedule)
    settle(here)


def settle(here: Journey) -> None:
    """Let the queues run empty."""
    wait_until(here.system.pollers.idle)


@contextmanager
def _calls_without_end(system: System) -> Iterator[None]:
    """Sixty calls a minute are few for a journey that takes less: they are forgotten again and again."""
    dynamodb, table = system.stack.aws.client("dynamodb"), system.stack.physical_id("Table")
    over = threading.Event()

    def forget() -> None:
        while not over.wait(0.5):
            for one in MERCHANTS:
                key = {"pk": {"S": f"MERCHANT#{one.name}"}, "sk": {"S": "BUDGET#bibi"}}
                dynamodb.delete_item(TableName=table, Key=key)

    thread = threading.Thread(target=forget, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def travel(here: Journey) -> None:
    """The scenes, one after the other."""
    _orders_go_out(here)
    _an_order_waits_alone(here)
    _merchants_change_their_minds(here)
    _goods_arrive(here)
    _invoices_are_compared(here)
    _vendors_ask_for_patience(here)
    _vendors_gossip(here)
    _an_invoice_stays(here)
    _everything_fails(here)
    _what_waits_is_taken_up(here)
    _strangers_knock(here)
    _somebody_acts(here)
    _somebody_looks(here)
    _something_is_sent_back(here)
    _aws_refuses(here)


def _orders_go_out(here: Journey) -> None:
    sell(here, ACME, 1, 2, 3, 4, 5)
    sell(here, ACME, 6, ship_to=ACME.buyers[0] | {"City": ""})
    sell(here, ACME, 17, ship_to=ACME.buyers[1] | {"Street": "", "HouseNumber": ""})
    sell(here, NORD, 61, 62)
    # A digest goes out once a day: this one has to find orders, to be the first to make a token, and to be refused.
    here.aws.refuse = _once_for_each(MERCHANTS, "sns", "AuthorizationError")
    here.fire("send-digest")
    settle(here)
    here.bibi.faults.add(Fault("expire_token", route="POST /submitOrder"))
    a_round(here)


def _an_order_waits_alone(here: Journey) -> None:
    """The first that push_orders writes is refused: the order is set aside in a lane of its own, and goes out then."""
    refused: list[AwsCall] = []

    def refuse(call: AwsCall) -> str | None:
        if refused or call.caller != f"{KEY_OF}push_orders" or call.operation != "PutItem":
            return None
        refused.append(call)
        return "ValidationException"

    sell(here, ACME, 16)
    here.aws.refuse = refuse
    here.fire('"changes"')
    settle(here)
    here.aws.refuse = lambda call: None
    assert refused


def _once_for_each(merchants: tuple[Merchant, ...], service: str, code: str) -> Callable[[AwsCall], str | None]:
    """Refuses the first calls of a service, as many as there are merchants."""
    left = [code] * len(merchants)
    return lambda call: left.pop() if call.service == service and left else None


def _merchants_change_their_minds(here: Journey) -> None:
    shop, warehouse = here.billbee.accounts[ACME.username], here.bibi.accounts[ACME.secrets["bibi_public_key"]]
    warehouse.ship("1", method="02")
    warehouse.return_item("1", "MUG-01", reason=f"Refused by {ACME.buyers[0]['LastName']}")
    warehouse.backorder("2")
    shop.change(3, State=8)
    shop.change(4, Tags=[*shop.orders[4]["Tags"], "hold_bibi"])
    shop.orders[5]["ShippingAddress"]["HouseNumber"] = "4418"
    shop.remove_tag(5, "order_received_by_bibi")
    sell(here, ACME, 7)
    # The next caller makes a token: each one is the first once.
    shop.change_product(next(iter(shop.products)), Price=11.0)
    jobs = ("pull-tracking", "pull-returns", "pull-movements", "sync-stock", "sync-products")
    for job in ('"poll-orders", "scope": "all"', *jobs):
        here.bibi.expire_tokens(ACME.secrets["bibi_public_key"])
        here.fire(job)
        settle(here)


def _invoices_are_compared(here: Journey) -> None:
    """One of what was shipped and of what waits is billed, with the buyer's data; what was cancelled is cancelled."""
    for merchant, number in ((ACME, 1), (ACME, 3), (NORD, 61)):
        _bill(here, merchant, number)
    here.fire("check-billing")
    settle(here)


def _bill(here: Journey, merchant: Merchant, number: int) -> None:
    wire = here.billbee.accounts[merchant.username].orders[number]
    reference = wire["OrderNumber"] if merchant is NORD else str(number)
    bill = here.abillify.accounts[merchant.secrets["abillify_username"]].bill(wire, reference)
    bill["items"][0]["label"] = merchant.buyers[0]["LastName"]


def _something_is_sent_back(here: Journey) -> None:
    """A return label, opened with its link, and tried with guessed links."""
    shop = here.billbee.accounts[ACME.username]
    shop.add_tags(1, ["return_label_bibi"])
    here.ring(ACME, b"{}", ACME.secrets["webhook_secret"])  # since it rang before, the schedule rests
    settle(here)
    told = " ".join(comment["Text"] for comment in shop.orders[1]["Comments"])
    found = re.search(rf"{re.escape(here.api.url)}/labels/(\S+)", told)
    assert found is not None, told
    answer = here.get(f"/labels/{found[1]}")
    here.label_links.add(found[1])
    assert (answer.status_code, answer.content[:4]) == (200, b"\x89PNG")
    assert here.get(f"/labels/{found[1][:-2]}00").status_code == 404


def _goods_arrive(here: Journey) -> None:
    """A file announces goods, they arrive, and another file's result is lost."""
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    phone = ACME.buyers[0]["LastName"]
    fields = f"tracking;T-1\nshipped;{day}\neta;{day}\ncountry;CN\nwarehouse;Wisconsin\nphone;{phone}\n"
    s3, bucket = here.system.stack.aws.client("s3"), here.system.stack.physical_id("Documents")
    public_key = ACME.secrets["bibi_public_key"]
    here.bibi.expire_tokens(public_key)
    here.bibi.faults.add(Fault("throttled", route="POST /getASN", retry_after=4))
    s3.put_object(Bucket=bucket, Key="inbound/acme/goods.csv", Body=f"{fields}sku;quantity\nMUG-01;5\n".encode())
    settle(here)
    s3.delete_object(Bucket=bucket, Key="inbound/acme/goods.csv.result.json")
    file = s3_backends[ACCOUNT]["aws"].buckets[bucket].keys["inbound/acme/goods.csv"]
    file.last_modified = datetime(2026, 1, 1)  # noqa: DTZ001  as moto keeps it
    receive(here.bibi.accounts[public_key], "T-1", {"MUG-01": 4})
    here.bibi.expire_tokens(public_key)
    here.bibi.faults.add(Fault("throttled", route="GET /listASNs", retry_after=4))
    here.fire("follow-inbound")
    settle(here)
    found = {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix="inbound/")["Contents"]}
    assert {"inbound/acme/goods.csv.result.json", "inbound/acme/T-1.received.json"} <= found


def _vendors_ask_for_patience(here: Journey) -> None:
    """Each job is throttled for longer than it waits by itself."""
    routes = {
        here.billbee: ("GET /orders", "GET /products"),
        here.bibi: ("POST /orderStatus", "POST /listReturns", "POST /listProducts", "POST /inventory/transactions"),
        here.abillify: ("GET /orders/{reference}",),
    }
    sell(here, ACME, 8)
    here.fire('"changes"')
    settle(here)
    sell(here, ACME, 9)
    for simulator, closed in routes.items():
        for route in closed:
            simulator.faults.add(Fault("throttled", route=route, retry_after=4))
    here.bibi.faults.add(Fault("throttled", route="POST /submitOrder", retry_after=4))
    for schedule in here.system.stack.schedules:
        here.system.fire(schedule)
    settle(here)


def _vendors_gossip(here: Journey) -> None:
    for simulator in (here.billbee, here.bibi, here.abillify):
        gossip(simulator)


def _an_invoice_stays(here: Journey) -> None:
    """An order is cancelled that is billed, and Abillify will not cancel it."""
    _bill(here, ACME, 5)
    here.billbee.accounts[ACME.username].change(5, State=8)
    here.abillify.faults.add(Fault("status", route="PUT /orders/{reference}", status=409))
    for job in ('"changes"', "check-billing"):
        here.fire(job)
        settle(here)


def _everything_fails(here: Journey) -> None:
    shop = here.billbee.accounts[ACME.username]
    sell(here, ACME, 10, 11, 12, 13)
    sell(here, ACME, 14)
    shop.orders[14]["TotalCost"] = f"to be paid by {ACME.buyers[0]['LastName']}"
    here.bibi.accounts[ACME.secrets["bibi_public_key"]].ship("7", method="02")
    bibi, billbee, abillify = here.bibi.faults, here.billbee.faults, here.abillify.faults
    abillify.add(Fault("status", route="GET /orders/{reference}", status=500))
    abillify.add(Fault("status", route="GET /orders/{reference}", status=400, nth=2))
    bibi.add(Fault("status_after", route="POST /submitOrder", status=500))
    bibi.add(Fault("status", route="POST /submitOrder", status=400, nth=2))
    bibi.add(Fault("status", route="POST /orderStatus", status=500, nth=2))
    bibi.add(Fault("cut_json", route="POST /orderStatus", nth=3))
    bibi.add(Fault("wrong_type", route="POST /orderStatus", path="result", value=ACME.buyers[0], nth=4))
    bibi.add(Fault("html", route="POST /listReturns"))
    bibi.add(Fault("drop_after", route="POST /listProducts"))
    bibi.add(Fault("status", route="POST /listProducts", status=400))
    billbee.add(Fault("status", route="POST /orders/{id}/tags", status=500))
    billbee.add(Fault("status", route="POST /orders/{id}/tags", status=400, nth=2))
    billbee.add(Fault("status_after", route="POST /orders/{id}/message", status=500))
    posted = [
        billbee.add(Fault("status_after", route="POST /orders/{id}/shipment", status=500)),
        billbee.add(Fault("status", route="PUT /orders/{id}/orderstate", status=400)),
    ]
    billbee.add(Fault("wrong_type", route="GET /orders", path="Data", value=ACME.buyers[0]))
    billbee.add(Fault("bad_gateway", route="GET /products"))
    a_round(here)
    a_round(here)
    assert all(fault.used for fault in posted)


def _aws_refuses(here: Journey) -> None:
    """Every fifth write of the functions to the table is refused for good: defects, with tracebacks."""
    seen = 0

    def refuse(call: AwsCall) -> str | None:
        nonlocal seen
        if call.service != "dynamodb" or not call.caller.startswith(KEY_OF) or call.operation == "Query":
            return None
        seen += 1
        return "ValidationException" if seen % 5 == 0 else None

    sell(here, ACME, 15)
    here.aws.refuse = refuse
    for schedule in here.system.stack.schedules:
        here.system.fire(schedule)
    # A refused message comes again in three minutes, which is not waited for.
    wait_until(lambda: seen >= 5 and not here.system.workers.activity().running)


def _what_waits_is_taken_up(here: Journey) -> None:
    """The message that is sent once orders have waited for a vendor for long (R32)."""
    message = TakeUp(merchant=ACME.name, correlation_id="taken-up", chain="journey", until=datetime.now(UTC))
    here.send("PushOrdersQueue", message.body())
    settle(here)


def _strangers_knock(here: Journey) -> None:
    """Messages that are not ours, and rings, most of them forged."""
    for mapping in here.system.stack.mappings:
        here.send(mapping.queue.logical_id, '{"merchant": "acme", "name": "canary-in-a-message-8847"}')
    body = json.dumps({"Notifications": [{"Customer": ACME.buyers[0]}]}, ensure_ascii=False).encode()
    assert here.ring(ACME, body, NORD.secrets["webhook_secret"]) == 401
    assert here.ring(ACME, body, ACME.secrets["webhook_secret"]) == 202
    here.get(f"/webhooks/billbee/{ACME.name}", token=NORD.secrets["webhook_secret"])
    here.get(f"/webhooks/billbee/{ACME.name}", token=ACME.secrets["webhook_secret"])
    here.fire('"all"')
    here.fire('"stuck"')
    settle(here)


def _somebody_acts(here: Journey) -> None:
    """Every action of the board: jobs, an order, a pause, and a failed message of each queue."""
    for path in ("/act/pause?merchant=nord", "/act/resume?merchant=nord", "/act/retry?merchant=acme&order=6"):
        here.confirm(path)
    for job in ("poll-orders", "pull-tracking", "sync-stock", "pull-returns"):
        here.confirm(f"/act/start?merchant=acme&job={job}")
    dead = [one.logical_id for one in here.system.stack.dead_letter_queues]
    for queue in dead:
        here.send(queue, '{"job": "of nobody"}')
    assert len(dead) == 6
    for action in ("redrive", "discard"):
        page = here.get("/failed").text
        for path in re.findall(rf'href="(/act/{action}[^"]*)"', page):
            here.confirm(path)
    settle(here)


def _somebody_looks(here: Journey) -> None:
    """The watch, and every page of the board."""
    for path, query in (
        ("/", {}), ("/", {"merchant": "acme"}), ("/orders/acme/1", {}), ("/orders/acme/6", {}), ("/orders/nord/61", {}),
        ("/search", {"q": "1"}), ("/search", {"q": "61"}), ("/stock", {}), ("/stock/acme", {"sku": "MUG-01"}),
        ("/billing", {}), ("/failed", {}), ("/nowhere", {}), ("/", {"merchant": "nobody"}),
    ):  # fmt: skip
        here.get(path, **query)
