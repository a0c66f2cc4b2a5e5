"""The parts of the operator's tool that need no deployment: times, links, prices, tables, proposals."""

from __future__ import annotations

import doctest
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cli import books, failures, times
from cli.failures import BadInput, nearest
from cli.output import Output, styled
from cli.parameters import checked_secret
from cli.stack import Target
from orderbridge.desk.doctor import webhook_registration as registration
from orderbridge.orders.webhooks import Webhook
from orderbridge.tracking import tracking_links

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("module", [books, failures, times, tracking_links])
def test_the_examples_hold(module: object) -> None:
    tried = doctest.testmod(module)  # type: ignore[arg-type]
    assert tried.attempted
    assert tried.failed == 0


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        (" 2D ", timedelta(days=2)),
        ("1w", timedelta(weeks=1)),
    ],
)
def test_a_time_is_said_as_how_long_ago(text: str, ago: timedelta) -> None:
    assert times.parse_since(text, NOW) == NOW - ago


def test_a_date_is_a_local_one_and_a_time_may_name_its_zone() -> None:
    assert times.parse_since("2026-11-20", NOW) == datetime(2026, 11, 20).astimezone()
    assert times.parse_since("2026-11-20T10:00:00+01:00", NOW) == datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2", "-2d", "2y", "2026-13-01", "99999w", ""])
def test_what_is_no_time_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        times.parse_since(text, NOW)
    assert refused.value.status == 2


@pytest.mark.parametrize(
    ("ship_method", "number", "address"),
    [
        ("UPS Ground", "1Z999", "https://www.ups.com/track?tracknum=1Z999"),
        ("USPS Priority Mail", "9400 1", "https://tools.usps.com/go/TrackConfirmAction?tLabels=9400%201"),
        ("FedEx GND/Home", "6129", "https://www.fedex.com/fedextrack/?trknbr=6129"),
        ("DHL SmartMail Parcel", "GM1", "https://www.dhl.com/global-en/home/tracking.html?tracking-id=GM1"),
        ("Ground", "1Z999AA10123456784", "https://www.ups.com/track?tracknum=1Z999AA10123456784"),
        ("Ground", "12345", None),
        ("Groups", "12345", None),
    ],
)
def test_a_parcel_has_a_link_where_the_carrier_is_known(ship_method: str, number: str, address: str | None) -> None:
    assert tracking_links.link(ship_method, number) == address


@pytest.mark.parametrize(
    ("calls", "euro"), [(0, "0.00"), (100_000, "0.00"), (100_019, "0.01"), (300_000, "100.00"), (1_234_567, "567.28")]
)
def test_calls_cost_half_a_tenth_of_a_cent_beyond_the_free_ones(calls: int, euro: str) -> None:
    assert books.cost(calls) == Decimal(euro)


def test_the_nearest_name_is_proposed_and_else_what_there_is() -> None:
    assert nearest("nordlict", ["acme", "nordlicht"]) == "did you mean nordlicht?"
    assert nearest("ACME", ["acme"]) == "did you mean acme?"
    assert nearest("x", ["acme"]) == "there is: acme"
    assert nearest("x", []) == ""


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_of_a_table_is_wider_than_the_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    told = "The order has no shipping address: add one. [OB-101]"
    rows = [("acme", "5001", "rejected", told), ("b", "2", "open", "")]
    out = Output(as_json=False)
    out.table(("merchant", "order", "status", "why"), rows, numbers=frozenset({1}))
    out.fields([("a name that is long enough to matter", "and a value that is longer than the room beside it")])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert " ".join(" ".join(lines).split()).count(told) == 1
    assert not any(line != line.rstrip() for line in lines)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_names_and_values_are_folded_and_never_cut(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    name, value = "2026-11-22 12:00  partially_shipped", "parcel 1Z999 left the warehouse; one piece is missing"
    Output(as_json=False).fields([(name, value), ("x", "")], indent=4)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert sorted("".join(lines).replace(" ", "")) == sorted(f"{name}{value}x".replace(" ", ""))


def test_there_are_no_colours_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(as_json=False)
    out.line(styled("rejected"))
    out.fields([("status", styled("shipped"))])
    out.table(("status",), [(styled("held"),)])
    assert capsys.readouterr().out.splitlines() == ["rejected", "status  shipped", "status", "held"]


def test_columns_line_up_and_wide_characters_count_twice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    Output(as_json=False).table(("sku", "n", "why"), [("茶碗", "7", "x"), ("MUG", "12", "y")], numbers=frozenset({1}))
    assert capsys.readouterr().out.splitlines() == ["sku    n  why", "茶碗   7  x", "MUG   12  y"]


def test_times_in_json_are_utc_and_money_is_exact(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime.fromisoformat("2026-11-22T13:00:00+01:00")
    Output(as_json=True).show({"at": at, "cost": Decimal("0.10"), "[bold]": "[red]…"}, pytest.fail)
    shown = json.loads(capsys.readouterr().out)
    assert shown == {"at": "2026-11-22T12:00:00+00:00", "cost": "0.10", "[bold]": "[red]…"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("billbee_password", "short-secret"[:11]),
        ("billbee_password", "with:a:colon-in-it"),
        ("webhook_secret", "x" * 31),
        ("webhook_secret", "x" * 65),
        ("bibi_public_key", "  \n"),
        ("bibi_secret_key", "two\nlines"),
    ],
)
def test_a_secret_that_cannot_work_is_refused_and_never_repeated(name: str, value: str) -> None:
    with pytest.raises(BadInput) as refused:
        checked_secret(name, value)
    said = f"{refused.value.message} {refused.value.hint}"
    assert name in said
    assert not value.strip() or value.strip() not in said


def test_an_unknown_secret_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(BadInput) as refused:
        checked_secret("billbee_pasword", "whatever")
    assert refused.value.hint.startswith("did you mean billbee_password")


def test_a_secret_from_a_file_loses_its_line_break() -> None:
    assert checked_secret("bibi_secret_key", "the-key\r\n") == "the-key"


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://localhost:4566", True),
        ("http://[::1]:4566", True),
        ("http://127.0.0.1.example.com", False),
        ("https://vpce-1.example.com", False),
        (None, False),
    ],
)
def test_only_loopback_counts_as_this_machine(url: str | None, local: bool) -> None:
    assert Target(endpoint_url=url).is_local is local


@pytest.mark.parametrize(
    ("offered", "asked"),
    [
        ([], ["order.created", "order.updated"]),
        (["order.created", "order.updated", "product.created", "*"], ["order.created", "order.updated"]),
        (["order.created", "product.created"], ["order.created"]),
        (["order.updated"], ["order.updated"]),
        (["*"], ["*"]),
        (["order.created", "*"], ["*"]),
    ],
)
def test_r21_the_doorbell_is_registered_for_what_billbee_offers(offered: list[str], asked: list[str]) -> None:
    assert sorted(registration.events_to_ask_for(frozenset(offered))) == asked


def test_r21_the_doorbell_is_not_registered_for_anything_else() -> None:
    with pytest.raises(registration.CannotRegister, match=r"only product\.created"):
        registration.events_to_ask_for(frozenset({"product.created"}))


def test_r21_our_registration_is_told_from_others_by_its_whole_address() -> None:
    ours = "https://abc.example/webhooks/billbee/acme"
    hooks = [
        Webhook(id="1", url="HTTPS://ABC.example/webhooks/billbee/acme?noecho"),
        Webhook(id="2", url="https://old.example/webhooks/billbee/acme"),
        Webhook(id="3", url="https://abc.example/webhooks/billbee/acme2"),
        Webhook(id="4", url="https://erp.example/orders"),
    ]
    assert [one.id for one in registration.own(hooks, ours)] == ["1"]
    assert [one.id for one in registration.elsewhere(hooks, ours)] == ["2"]
