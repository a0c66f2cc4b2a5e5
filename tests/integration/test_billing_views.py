"""R20: an order that is billed differently shows everywhere: `merchants check`, digest, reconcile, board."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from local.simulators.faults import Fault
from orderbridge.desk.board.list_pages import billing_page
from orderbridge.desk.board.order_board import OrderBoard
from orderbridge.desk.board.order_page import order_page
from orderbridge.desk.board.reader import Reader
from orderbridge.desk.digest_text import Digest, text
from orderbridge.desk.doctor.check_merchant import check_billing
from orderbridge.desk.doctor.findings import Finding, Grade, asked
from orderbridge.desk.next_step import next_step_in_words
from orderbridge.desk.reconcile import DisagreementKind, reconcile, repair
from orderbridge.jobs.messages import CheckBilling
from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.activity import Activity
from orderbridge.merchants.usage import Usage
from orderbridge.platform.errors import SettingsError
from orderbridge.workspace import Workspace
from testkit.records import open_order
from testkit.world import World, world
from tests.faults.scenes import ended


@pytest.fixture
def here() -> Iterator[World]:
    """Four shipped orders: billed as sold, otherwise, not at all, and not at all yet."""
    with world(empty=True, billing={"enabled": True, "grace_hours": 1}, stock={"enabled": False}) as made:
        ended(made, 1, 2, 3)
        made.books.bill(made.wire(1))
        made.books.bill(made.wire(2), total=1.0)
        made.check_billing()
        made.wait(hours=2)
        ended(made, 4)
        made.check_billing()
        yield made


def workspace(here: World) -> Workspace:
    here.cold_start()
    return here.workspace(function="chores")


def board(here: World) -> OrderBoard:
    nobody: Any = None
    return OrderBoard(here.table, here.function("chores").registry.listing, nobody, here.clock)


def test_the_board_lists_what_differs_then_what_is_missing_then_what_waits(here: World) -> None:
    listed = board(here).unbilled()
    assert [(one.order.billbee_id, one.record.state.value) for one in listed] == [
        (2, "differs"), (3, "missing"), (4, "waiting"),
    ]  # fmt: skip
    html = billing_page(Reader(here.clock.now()), listed)
    assert "total 1.00 EUR instead of" in html
    assert 'href="/orders/acme/2"' in html
    assert "It waits for its invoice in Abillify. It is looked at again after" in html
    assert "is billed as it was sold" in billing_page(Reader(here.clock.now()), [])


@pytest.mark.parametrize(("order", "said"), [(1, "It is billed as it was sold."), (2, "OB-501"), (3, "OB-502")])
def test_an_orders_page_says_how_it_is_billed(here: World, order: int, said: str) -> None:
    view = board(here).order("acme", order)
    assert view is not None
    assert said in order_page(Reader(here.clock.now()), view)


def test_reconcile_names_it_with_the_command_that_compares_again(here: World) -> None:
    since = here.clock.now() - timedelta(days=1)
    found = [one for one in reconcile(workspace(here), since=since) if one.kind is DisagreementKind.BILLED_DIFFERENTLY]
    assert [one.order for one in found] == [2, 3] or [one.order for one in found] == [3, 2]
    assert "orderbridge jobs start check-billing --scope all --merchant acme" in found[0].repair
    sent: list[Any] = []
    assert repair(workspace(here), found, {"chores": sent.extend}, "c-1") == [
        "check-billing was started for everything that is not settled yet"
    ]
    assert [(type(one), one.scope) for one in sent] == [(CheckBilling, "all")]


def test_reconcile_of_a_merchant_who_does_not_bill_there_reads_nothing(here: World) -> None:
    here.configure(billing={"enabled": False})
    here.wait(minutes=6)
    found = reconcile(workspace(here), since=here.clock.now() - timedelta(days=1))
    assert [one for one in found if one.kind is DisagreementKind.BILLED_DIFFERENTLY] == []


def test_the_day_is_counted_and_told(here: World) -> None:
    (day,) = Usage(here.table, here.clock).days("acme", date.min)
    assert (day.counts[Activity.BILLED], day.counts[Activity.BILLING_MISMATCHES], day.counts["abillify"]) == (1, 2, 5)
    counts = {activity: day.counts[activity] for activity in Activity}
    lines = text(Digest("acme", day.date, counts, [], [], [])).splitlines()
    assert {"Billed as sold: 1", "Billed differently, or not: 2"} <= set(lines)


def test_what_happens_next_with_an_order_that_waits_for_its_invoice(here: World) -> None:
    moves = (Status.SUBMITTING, Status.SUBMITTED, Status.ACKNOWLEDGED, Status.HELD)
    held = open_order(here.ledger, 9, moves=moves, held=True)
    now = here.clock.now()
    assert "on hold until it is billed" in next_step_in_words(held, None, now, until_billed=True).english
    assert "as asked" in next_step_in_words(held, None, now).english


def doctor(here: World) -> list[Finding]:
    one = workspace(here)
    return list(asked("billing", lambda: check_billing(one)))


def test_the_doctor_tries_the_credentials_and_the_reference(here: World) -> None:
    (found,) = doctor(here)
    assert (found.severity, "does not know the latest shipped order as 4" in found.what) == (Grade.HINT, True)
    here.books.bill(here.wire(4))
    assert [one.severity for one in doctor(here)] == [Grade.OK]
    here.abillify.faults.add(Fault("status", status=401, times=None))
    (found,) = doctor(here)
    assert (found.severity, "abillify_username" in found.remedy) == (Grade.WRONG, True)


def test_the_doctor_says_what_is_missing(here: World) -> None:
    here.secret("abillify_password", None)
    (found,) = doctor(here)
    assert (found.severity, "is missing" in found.what) == (Grade.WRONG, True)
    here.configure(billing={"enabled": False})
    assert doctor(here) == []


def test_r20_without_the_address_of_abillify_nothing_is_called_and_what_is_missing_is_named(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = len(here.abillify.calls)
    with monkeypatch.context() as patched:
        patched.setattr(here.wires["abillify"], "url", "")
        here.cold_start()
        (found,) = doctor(here)
        assert (found.severity, "AbillifyBaseUrl" in found.what) == (Grade.WRONG, True)
        here.wait(hours=1)
        here.check_billing()
        job = here.workspace(function="chores")
        with pytest.raises(SettingsError, match=r"billing\.enabled: needs the deployment's parameter AbillifyBaseUrl"):
            _ = job.billing
        ended(here, 5)
        assert here.status(5) == "shipped"
    assert len(here.abillify.calls) == calls
