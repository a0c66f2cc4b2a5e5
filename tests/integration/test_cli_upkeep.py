"""`orderbridge failed`, `jobs`, `reconcile`, `usage` and `sku` before a deployed stack."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from moto.cloudformation.models import cloudformation_backends

from cli.books import FREE_CALLS
from local.aws import ACCOUNT, REGION
from local.queues import sqs_event
from local.simulators.billbee.orders import product
from orderbridge.bootstrap import Deployment
from orderbridge.inbound.announce_inbound import announce_inbound
from orderbridge.inbound.dropped_files import with_our_messages
from orderbridge.jobs.deliveries import Delivery, one_by_one
from orderbridge.jobs.messages import KINDS, AnnounceInbound
from orderbridge.ledger.parcel_cost import ParcelCost
from orderbridge.merchants.health import Health
from orderbridge.merchants.usage import Usage
from orderbridge.platform.clock import SystemClock
from orderbridge.platform.errors import AuthenticationError
from orderbridge.platform.texts import for_spreadsheet
from orderbridge.products.kit_records import KitRecord, KitRecords
from orderbridge.stock.figures import StockFigure
from orderbridge.stock.low_stock import Low, LowSku
from orderbridge.stock.low_stock_records import LowStockRecords
from orderbridge.stock.movement_records import MovementRecords, Moves
from orderbridge.stock.movements import Correction, Note
from orderbridge.stock.stock_records import StockRecords
from orderbridge.tracking.cost_records import CostRecords
from orderbridge.workspace import Workspace
from tests.cli_world import CliWorld

JOBS = ("poll-orders", "pull-tracking", "pull-returns", "sync-stock", "sync-products", "follow-inbound")


pytestmark = pytest.mark.xdist_group(__name__)  # one deployed stack


@pytest.fixture
def here(stack: CliWorld) -> CliWorld:
    stack.clear()
    stack.open_merchant("acme")
    stack.open_merchant("nordlicht")
    return stack


def bury(here: CliWorld, number: int, merchant: str = "acme", reason: str = "") -> None:
    order = {"shipping": {"city": "Berlin"}}
    body = {"job": "push-orders", "merchant": merchant, "billbee_id": number, "order": order}
    here.client("sqs").send_message(
        QueueUrl=here.url_of("push-orders", dead=True),
        MessageBody=json.dumps(body),
        MessageGroupId=merchant,
        MessageDeduplicationId=f"{merchant}-{number}-{datetime.now(UTC).timestamp()}",
        MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}} if reason else {},
    )


# ---- failed


def test_failed_messages_are_listed_with_their_reason_and_end_with_1(here: CliWorld) -> None:
    assert here.ask("failed", "list")["failed"] == []
    bury(here, 11, reason="not a PushOrder message: version: Field required")
    bury(here, 12, "nordlicht")
    result = here.run("failed", "list")
    assert result.exit_code == 1
    assert "order 11: not a PushOrder message: version: Field required" in " ".join(result.stdout.split())
    answer = here.ask("failed", "list", "--merchant", "nordlicht", status=1)
    assert [one["body_summary"]["billbee_id"] for one in answer["failed"]] == [12]
    assert here.ask("failed", "list", "--queue", "sync-stock")["failed"] == []
    assert here.run("failed", "list", "--queue", "push-order").exit_code == 2


def test_a_failed_message_is_shown_without_the_order_in_it(here: CliWorld) -> None:
    bury(here, 11)
    (one,) = here.ask("failed", "list", status=1)["failed"]
    result = here.run("failed", "show", one["message_id"][:6])
    assert result.exit_code == 0
    assert "orderbridge order show 11 --merchant acme" in result.stdout
    assert "Berlin" not in result.output + here.run("failed", "show", one["message_id"], "--json").output
    assert here.run("failed", "show", "no-such-id").exit_code == 1


def test_redrive_sends_one_message_or_all_of_a_queue(here: CliWorld) -> None:
    for number in (11, 12, 13):
        bury(here, number, "acme" if number == 11 else "nordlicht")
    listed = here.ask("failed", "list", status=1)["failed"]
    letters = {one["body_summary"]["billbee_id"]: one["message_id"] for one in listed}
    assert here.ask("failed", "redrive", letters[12])["redriven"] == 1
    assert [one["billbee_id"] for one in here.messages("push-orders")] == [12]
    assert here.ask("failed", "redrive", "--queue", "push-orders")["redriven"] == 2
    assert {one["billbee_id"] for one in here.messages("push-orders")} == {11, 13}
    assert here.ask("failed", "list")["failed"] == []
    assert here.run("failed", "redrive").exit_code == 2


def test_discard_deletes_one_message_or_all_of_a_queue(here: CliWorld) -> None:
    for number in (11, 12, 13):
        bury(here, number, "acme")
    listed = here.ask("failed", "list", status=1)["failed"]
    assert here.ask("failed", "discard", listed[0]["message_id"]) == {"queue": "push-orders", "discarded": 1}
    assert here.ask("failed", "discard", "--queue", "push-orders")["discarded"] == 2
    assert here.ask("failed", "list")["failed"] == []
    assert here.messages("push-orders") == []
    assert here.run("failed", "discard").exit_code == 2
    assert here.run("failed", "discard", "no-such").exit_code == 1


def test_a_table_is_written_as_csv_that_no_spreadsheet_takes_for_a_formula(here: CliWorld) -> None:
    bury(here, 11, "acme")
    lines = here.run("failed", "list", "--csv").stdout.splitlines()
    assert lines[0] == "message,job,merchant,for,reason"
    assert len(lines) == 2
    assert "order 11: " in lines[1]
    assert for_spreadsheet("=1+1") == "'=1+1"
    assert [for_spreadsheet(cell) for cell in ("-3", "+1.50", "MUG", "")] == ["-3", "+1.50", "MUG", ""]
    here.run("failed", "discard", "--queue", "push-orders")
    nothing = here.run("failed", "list", "--csv")
    assert (nothing.stdout, "no table to write as CSV; it says: no message has failed" in nothing.stderr) == ("", True)
    both = here.run("--csv", "failed", "list", "--json")
    assert (both.exit_code, json.loads(both.stdout)["error"]) == (2, "--json and --csv exclude each other")


def test_the_messages_of_one_job_are_listed_and_sent_again_by_its_name(here: CliWorld) -> None:
    """Jobs that run seldom share a queue."""
    for job in ("send-digest", "pull-returns", "pull-returns"):
        here.client("sqs").send_message(
            QueueUrl=here.url_of("chores", dead=True),
            MessageBody=json.dumps({"job": job, "merchant": "acme"}),
            MessageGroupId=f"acme#{job}",
            MessageDeduplicationId=f"{job}-{datetime.now(UTC).timestamp()}",
        )
    listed = here.ask("failed", "list", "--queue", "pull-returns", status=1)["failed"]
    assert [(one["queue"], one["job"], one["merchant"]) for one in listed] == [("chores", "pull-returns", "acme")] * 2
    assert len(here.ask("failed", "list", "--queue", "chores", status=1)["failed"]) == 3
    assert here.ask("failed", "redrive", "--queue", "pull-returns") == {"queue": "chores", "redriven": 2}
    assert [one["job"] for one in here.messages("chores")] == ["pull-returns"] * 2
    assert [one["job"] for one in here.ask("failed", "list", status=1)["failed"]] == ["send-digest"]


def test_several_messages_that_begin_alike_are_not_guessed_at(here: CliWorld) -> None:
    bury(here, 11)
    bury(here, 12)
    result = here.run("failed", "redrive", "")
    assert result.exit_code == 2
    assert "2 messages begin with ''" in result.stderr


# ---- jobs


def test_jobs_shows_how_each_went_last_and_what_is_wrong(here: CliWorld) -> None:
    health = Health(here.table, here.clock)
    health.succeeded("nordlicht", "sync-stock")
    assert here.run("jobs").exit_code == 0
    health.failed("acme", "poll-orders", AuthenticationError("billbee list orders", "denied", status=401))
    result = here.run("jobs")
    assert result.exit_code == 1
    assert "billbee list orders (HTTP 401): denied; succeeded never" in " ".join(result.stdout.split())
    assert "✗ acme: poll-orders: billbee list orders (HTTP 401): denied (critical)" in result.stdout
    answer = here.ask("jobs", "--merchant", "nordlicht")
    assert [(one["merchant"], one["job"], one["error"]) for one in answer["jobs"]] == [
        ("nordlicht", "sync-stock", None)
    ]
    assert answer["troubles"] == []


def test_failed_messages_are_a_trouble_of_jobs_of_all_and_of_their_merchant(here: CliWorld) -> None:
    for number in (11, 12):
        bury(here, number)
    result = here.run("jobs")
    assert (result.exit_code, "nothing is overdue" in result.stdout) == (1, False)
    assert "✗ 2 messages have failed in push-orders" in result.stdout
    assert here.ask("jobs", "-m", "acme", status=1)["failed_messages"] == {"push-orders": 2}
    assert here.ask("jobs", "-m", "nordlicht")["failed_messages"] == {}


def test_a_stopped_deployment_is_said_where_one_looks_why_nothing_happens(
    here: CliWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    (deployed,) = cloudformation_backends[ACCOUNT][REGION].stacks.values()
    monkeypatch.setitem(deployed.stack_parameters, "Processing", "off")
    result = here.run("jobs")
    assert result.exit_code == 1
    assert "this deployment is stopped (Processing is off)" in " ".join(result.stdout.split())
    assert "nothing is overdue" not in result.stdout
    assert here.ask("jobs", status=1)["processing"] is False
    started = here.run("jobs", "start", "sync-stock")
    assert started.exit_code == 0
    assert "sync-stock is started for acme" in started.stdout
    assert "It waits in its queue: this deployment is stopped" in " ".join(started.stdout.split())


@pytest.mark.parametrize("job", JOBS)
def test_a_job_is_started_as_its_schedule_starts_it(here: CliWorld, job: str) -> None:
    answer = here.ask("jobs", "start", job)
    assert answer["started"] == ["acme", "nordlicht"]
    sent = here.messages(KINDS[job].QUEUE)
    assert {(one["merchant"], one["job"], one["correlation_id"]) for one in sent} == {
        ("acme", job, answer["correlation_id"]),
        ("nordlicht", job, answer["correlation_id"]),
    }


def test_r20_billing_is_not_compared_for_those_who_do_not_want_it(here: CliWorld) -> None:
    result = here.run("jobs", "start", "check-billing", "--merchant", "acme")
    assert (result.exit_code, "not for acme: the settings have it switched off" in result.output) == (1, True)
    assert here.messages("chores") == []


def test_r22_a_paused_merchants_job_is_not_started(here: CliWorld) -> None:
    here.run("merchants", "pause", "acme")
    answer = here.ask("jobs", "start", "poll-orders", "--scope", "all")
    assert (answer["started"], answer["paused"]) == (["nordlicht"], ["acme"])
    assert [one["scope"] for one in here.messages("poll-orders")] == ["all"]
    assert here.run("jobs", "start", "poll-orders", "-m", "acme").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("poll-order",), "did you mean poll-orders"),
        (("push-orders",), "there is no job"),
        (("poll-orders", "--scope", "everything"), "scope"),
        (("sync-stock", "--scope", "all"), "scope"),
    ],
)
def test_what_is_no_job_is_refused(here: CliWorld, arguments: tuple[str, ...], said: str) -> None:
    result = here.run("jobs", "start", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


# ---- reconcile


def test_reconcile_finds_a_disagreement_names_its_command_and_repairs_it(here: CliWorld) -> None:
    assert here.run("reconcile").exit_code == 0
    here.sell("acme", 21, created_at="2020-01-01T10:00:00+00:00")
    result = here.run("reconcile", "--since", "3d")
    assert result.exit_code == 1
    assert "order 21 is ready and was not imported" in result.stdout
    assert "→ orderbridge jobs start poll-orders --scope all --merchant acme" in " ".join(result.stdout.split())
    assert here.messages("poll-orders") == []
    answer = here.ask("reconcile", "--repair", "-m", "acme", status=1)
    assert answer["merchants"][0]["repaired"] == ["poll-orders was started for all open orders"]
    assert [(one["merchant"], one["scope"]) for one in here.messages("poll-orders")] == [("acme", "all")]


def test_reconcile_looks_at_stock_if_asked(here: CliWorld) -> None:
    here.shops["acme"].add_product(product("LAMP", stock=9))
    here.warehouses["acme"].add_product("LAMP", stock=2)
    assert here.run("reconcile", "-m", "acme").exit_code == 0
    (found,) = here.ask("reconcile", "-m", "acme", "--stock", status=1)["merchants"][0]["disagreements"]
    assert (found["kind"], found["sku"]) == ("overselling", "LAMP")


def test_reconcile_goes_on_when_one_merchant_cannot_be_read(here: CliWorld) -> None:
    here.shops["acme"].password = "quite-another-password"
    acme, nordlicht = here.ask("reconcile", status=1)["merchants"]
    assert acme["error"].startswith("billbee list orders")
    assert nordlicht["error"] is None
    assert here.run("reconcile", "-m", "acme").exit_code == 2
    here.run("merchants", "pause", "acme")
    assert here.ask("reconcile", status=1)["merchants"][0]["error"] == "paused: not compared"


# ---- usage and sku


def test_usage_adds_up_all_merchants_and_says_what_they_cost(here: CliWorld) -> None:
    usage = Usage(here.table, here.clock)
    usage.add("acme", {"billbee": FREE_CALLS, "bibi": 7, "throttled": 1})
    usage.add("nordlicht", {"billbee": 5_000, "imported": 3})
    answer = here.ask("usage")
    assert (answer["billbee_calls"], answer["cost_eur"]) == (105_000, "2.50")
    assert [(one["merchant"], one["billbee"], one["bibi"]) for one in answer["days"]] == [
        ("acme", FREE_CALLS, 7),
        ("nordlicht", 5_000, 0),
    ]
    one = here.ask("usage", "--merchant", "acme")
    assert (len(one["days"]), one["billbee_calls"]) == (1, 105_000)
    assert "105,000 calls to Billbee" in here.run("usage", width=60).stdout


def test_usage_as_csv_is_the_table_of_calls_alone_with_plain_numbers(here: CliWorld) -> None:
    Usage(here.table, here.clock).add("acme", {"billbee": 5_000, "bibi": 7})
    cost = ParcelCost(Decimal("9.36"), "UPS Ground")
    CostRecords(here.table, "acme", here.clock).add(5304, "1Z9", cost, f"{here.clock.now():%Y-%m}")
    head, line = here.run("usage", "--csv").stdout.splitlines()
    assert head == "day (UTC),merchant,Billbee,BiBi,Abillify,throttled"
    assert line.endswith(",acme,5000,7,0,0")
    assert here.run("usage", "--month", "2020-02", "--csv").stdout.splitlines() == [head]


def test_usage_of_another_month_expects_nothing(here: CliWorld) -> None:
    answer = here.ask("usage", "--month", "2020-02")
    assert (answer["days"], answer["billbee_calls"], "expected_calls" in answer) == ([], 0, False)
    for month in ("2020-13", "02-2020", "0000-01", "now"):
        assert here.run("usage", "--month", month).exit_code == 2


def test_r18_a_sku_says_how_its_figure_came_about(here: CliWorld) -> None:
    assert "orderbridge jobs" in here.run("sku", "show", "MUG-01").stderr
    figure = StockFigure(sku="MUG-01", physical=9, allocated=2, elsewhere=1, buffer=1)
    StockRecords(here.table, "acme", here.clock).sent(figure, 6)
    result = here.run("sku", "show", "mug-01")
    assert result.exit_code == 0, result.output
    assert "9 on the shelf at the warehouse" in result.stdout
    assert "= 7 told to Billbee" in result.stdout
    (shown,) = here.ask("sku", "show", "MUG-01")["skus"]
    assert (shown["merchant"], shown["sent"], shown["billbee_stock"]) == ("acme", 7, 6)
    assert "did you mean MUG-01?" in here.run("sku", "show", "MUG-02").stderr


def test_r25_movements_are_shown_and_how_to_have_them_read(here: CliWorld) -> None:
    now = datetime.now(UTC)
    notes = [
        Note(now - timedelta(days=days), -days, f"{days} pieces fewer: Missing (Stock Adjust)", Correction.COUNT)
        for days in (9, 2, 1)
    ]
    MovementRecords(here.table, "acme").save(Moves("MUG-01", tuple(notes), tuple(notes[1:])))
    MovementRecords(here.table, "nordlicht").save(Moves("KERZE", (Note(now - timedelta(hours=1), 5, "5 pieces more"),)))
    result = here.run("sku", "show", "mug-01")
    assert "1 pieces fewer: Missing" in result.stdout
    assert "set stock.movements to true" in result.stdout
    answer = here.ask("stock", "movements")
    assert [(one["sku"], one["quantity"]) for one in answer["movements"]] == [
        ("KERZE", 5),
        ("MUG-01", -1),
        ("MUG-01", -2),
    ]
    assert answer["not_read"] == ["acme", "nordlicht"]
    answer = here.ask("stock", "movements", "--since", "30d", "--sku", "mug-01", "--merchant", "acme")
    assert len(answer["movements"]) == 3
    assert "nothing moved since" in here.run("stock", "movements", "--sku", "NONE").stdout
    assert here.run("stock", "movements", "--since", "soon").exit_code == 2


def test_r45_what_runs_low_is_listed_the_worst_first(here: CliWorld) -> None:
    assert "set stock.tell_low to true" in here.run("stock", "low", "--merchant", "acme").stdout
    here.run("merchants", "set", "acme", "stock.tell_low=true")
    assert "nothing runs low" in here.run("stock", "low", "--merchant", "acme").stdout
    low = [LowSku("PEN", Low.FEW_DAYS, 4, 0, 60), LowSku("MUG-01", Low.ORDERS_WAIT, 0, 3, 60, 5)]
    LowStockRecords(here.table, "acme").set_bucket(1, low)
    answer = here.ask("stock", "low")
    assert [(one["merchant"], one["sku"], one["why"], one["days"]) for one in answer["low"]] == [
        ("acme", "MUG-01", "orders wait", 0),
        ("acme", "PEN", "few days", 2),
    ]
    assert answer["not_noted"] == ["nordlicht"]
    assert here.run("stock", "low", "--csv").stdout.splitlines() == [
        "merchant,SKU,why,free,waiting,days,sold in 30 days,warning level",
        "acme,MUG-01,orders wait,0,3,0,60,5",
        "acme,PEN,few days,4,,2,60,",
    ]


def test_r26_a_kit_says_what_it_holds(here: CliWorld) -> None:
    KitRecords(here.table, "acme").save(KitRecord("BOX", 5, {"MUG": 1, "PEN": 3}, "The bundle …", "Das Set …"))
    result = here.run("sku", "show", "box")
    assert "A kit of 1 × MUG, 3 × PEN; it has no stock of its own" in result.stdout
    assert "it is not at the warehouse: The bundle …" in result.stdout
    assert here.ask("sku", "show", "BOX")["skus"][0]["kit"] == {"MUG": 1, "PEN": 3}


# ---- an empty deployment


def test_without_a_merchant_every_command_says_so(stack: CliWorld) -> None:
    stack.clear()
    for arguments in (
        ("merchants", "list"),
        ("order", "show", "1"),
        ("order", "why", "1"),
        ("sku", "show", "X"),
        ("stock", "movements"),
        ("stock", "low"),
        ("jobs",),
        ("jobs", "start", "poll-orders"),
        ("reconcile",),
        ("webhooks", "list", "--url", "http://127.0.0.1:9"),
        ("merchants", "check"),
    ):
        result = stack.run(*arguments)
        assert (result.exit_code, "has no merchant yet" in result.stderr) == (1, True), (arguments, result.output)
    assert "there is no merchant yet" in stack.run("orders").stdout
    assert stack.run("usage").exit_code == 0
    assert stack.run("failed", "list").exit_code == 0


def test_an_empty_table_is_no_trouble(here: CliWorld) -> None:
    for arguments in (("orders",), ("orders", "--status", "shipped"), ("jobs",), ("usage",), ("reconcile",)):
        assert here.run(*arguments).exit_code == 0, arguments
    assert here.run("order", "show", "1").exit_code == 1


# Inbound goods


def goods_file(folder: Path, *rows: str, number: str = "T-1") -> str:
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    fields = ("tracking;" + number, f"shipped;{day}", f"eta;{day}", "country;CN", "warehouse;Wisconsin", "sku;quantity")
    path = folder / "goods März.csv"
    path.write_text("\n".join((*fields, *rows)), encoding="utf-8")
    return str(path)


def announce_what_was_dropped(here: CliWorld) -> None:
    """What the function does with the messages that S3 has sent to its queue."""
    queue = next(one for one in here.stack.queues.values() if one.logical_id == "AnnounceInboundQueue")
    parts = Deployment(here.stack.functions["AnnounceInbound"].environment, client=here.client)
    messages = here.client("sqs").receive_message(
        QueueUrl=queue.url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    )["Messages"]

    def work(workspace: Workspace, delivery: Delivery[AnnounceInbound]) -> object:
        return announce_inbound(workspace, delivery, documents=parts.documents)

    with parts.working(60):
        event = with_our_messages(sqs_event(queue, messages))
        answer = parts.deliveries.work_through(event, AnnounceInbound, one_by_one(parts.workspace, work))
    assert answer == {"batchItemFailures": []}
    for message in messages:
        here.client("sqs").delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])


def test_r23_goods_are_announced_changed_and_shown(
    here: CliWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = goods_file(tmp_path, "MUG-01;12")
    to_acme = ("--merchant", "acme", "--wait", "0")
    here.messages("announce-inbound")
    waiting = here.run("inbound", "announce", file, *to_acme)
    assert (waiting.exit_code, "there is no result of inbound/acme/goods März.csv yet" in waiting.stderr) == (1, True)
    announce_what_was_dropped(here)
    monkeypatch.setattr(SystemClock, "sleep", lambda clock, seconds: announce_what_was_dropped(here))
    again = here.run("inbound", "announce", file, "--merchant", "acme", "--wait", "60")
    assert "T-1: announced to the warehouse" in again.stdout
    shown = here.run("inbound", "list").stdout
    assert [line.split()[:3] for line in shown.splitlines()[1:]] == [["T-1", "acme", "open"]]
    here.run("inbound", "close", "T-1", *to_acme)
    announce_what_was_dropped(here)
    assert here.warehouses["acme"].notices["T-1"].status == "Closed"
    (notice,) = here.ask("inbound", "show", "t-1", "--live")["notices"]
    assert (notice["announced"], notice["at_the_warehouse"]["status"]) == ({"MUG-01": 12}, "Closed")
    assert "MUG-01" in here.run("inbound", "show", "T-1").stdout
    missing = here.run("inbound", "show", "T-2")
    assert (missing.exit_code, "there is no notice 'T-2'" in missing.stderr) == (1, True)


def test_r23_a_bad_file_is_told_by_row_and_never_sent(here: CliWorld, tmp_path: Path) -> None:
    here.messages("announce-inbound")
    answer = here.ask("inbound", "announce", goods_file(tmp_path, "A;0", "B;x"), "-m", "acme", status=1)
    assert [(one["row"], one["text"][-8:]) for one in answer["problems"]] == [(7, "[OB-618]"), (8, "[OB-618]")]
    huge = tmp_path / "huge.csv"
    huge.write_bytes(b"x" * 5_000_001)
    for arguments, said in (
        (("announce", str(huge)), "5 MB are read"),
        (("announce", str(tmp_path / "none.csv")), "No such file"),
        (("announce", str(tmp_path)), "Is a directory"),
        (("add", "T-1", "MUG-01"), "is no SKU=QUANTITY"),
        (("add", "T-1", "MUG-01=0"), "is no SKU=QUANTITY"),
    ):
        result = here.run("inbound", *arguments, "--merchant", "acme")
        assert (result.exit_code, said in " ".join(result.stderr.split())) == (2, True), result.output
    assert here.messages("announce-inbound") == []


def test_r22_nothing_is_dropped_for_a_paused_merchant(here: CliWorld, tmp_path: Path) -> None:
    here.open_merchant("paused", mode="paused")
    result = here.run("inbound", "announce", goods_file(tmp_path, "A;1"), "-m", "paused")
    assert (result.exit_code, "paused is paused: nothing is announced" in result.stderr) == (2, True)


def test_a_dead_letter_of_s3_names_its_merchant_and_goes_back_to_its_queue(here: CliWorld) -> None:
    key = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"object": {"key": "inbound/acme/a.csv"}}}
    here.messages("announce-inbound")
    here.client("sqs").send_message(
        QueueUrl=here.url_of("announce-inbound", dead=True), MessageBody=json.dumps({"Records": [key]})
    )
    (letter,) = here.ask("failed", "list", status=1)["failed"]
    assert (letter["queue"], letter["merchant"]) == ("announce-inbound", "acme")
    assert here.run("failed", "redrive", "--queue", "announce-inbound").exit_code == 0
    assert len(here.messages("announce-inbound")) == 1
