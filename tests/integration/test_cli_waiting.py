"""`--wait` says what came of what a command has started, and `--watch` draws a list again, both on the tool's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from cli.tool import Tool
from orderbridge.ledger.defect import Defect
from orderbridge.ledger.effects import message
from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.health import Health
from orderbridge.platform.errors import AuthenticationError, ServerError, VendorDown
from testkit.clock import ManualClock
from tests.cli_world import CliWorld
from tests.integration.test_cli_upkeep import bury

NO_ADDRESS = "The order has no shipping address: add one. [OB-101]"

pytestmark = pytest.mark.xdist_group(__name__)  # one deployed stack


@pytest.fixture
def here(stack: CliWorld) -> CliWorld:
    stack.clear()
    stack.open_merchant("acme")
    stack.open_merchant("nordlicht")
    return stack


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """The tool's clock. The functions do not run here: a test does what they do, at a time of this clock."""
    clock = ManualClock(datetime.now(UTC))
    monkeypatch.setattr(Tool, "clock", clock)
    return clock


def worker(here: CliWorld, billbee_id: int, *moves: Status, why: str = "sent", **changes: object) -> Callable[[], None]:
    """What a function does with an order."""

    def act() -> None:
        record = here.ledger.get("acme", billbee_id)
        assert record is not None
        for to in moves:
            record = here.ledger.move(record, to, why=why, call="push orders")
        if not moves:
            here.ledger.note(record, why=why, call="push orders", **changes)  # type: ignore[arg-type]
        elif changes:
            here.ledger.note(record, **changes)  # type: ignore[arg-type]

    return act


def test_a_retry_waits_until_the_order_is_at_the_warehouse(here: CliWorld, clock: ManualClock) -> None:
    here.note("acme", 1, Status.REJECTED, reason=NO_ADDRESS)
    clock.later(2, worker(here, 1, Status.SUBMITTING, Status.SUBMITTED))
    clock.later(4, worker(here, 1, Status.ACKNOWLEDGED, why="tagged as received"))
    answer = here.ask("order", "retry", "1", "-m", "acme", "--wait", "60")
    assert answer["outcome"] == {"known": True, "well": True, "text": "it is acknowledged: tagged as received"}
    assert sum(clock.slept) == 4


def test_a_retry_that_ends_in_the_same_rejection_ends_with_1_and_the_reason(here: CliWorld, clock: ManualClock) -> None:
    here.note("acme", 1, Status.REJECTED, reason=NO_ADDRESS)
    said = message("rejected", NO_ADDRESS, "a-tag")
    clock.later(1, worker(here, 1, Status.REJECTED, why=NO_ADDRESS, reason=NO_ADDRESS, effects=said))
    clock.later(3, worker(here, 1, effects=()))
    result = here.run("order", "retry", "1", "-m", "acme", "--wait", "60")
    assert (result.exit_code, f"it is rejected: {NO_ADDRESS}" in result.stdout) == (1, True)
    assert sum(clock.slept) == 3  # until the merchant is told


def test_a_retry_that_takes_too_long_says_so_and_what_happens_next(here: CliWorld, clock: ManualClock) -> None:
    here.note("acme", 1, Status.QUEUED)
    outcome = here.ask("order", "retry", "1", "-m", "acme", "--wait", "2.5", status=1)["outcome"]
    assert (outcome["known"], outcome["well"]) == (False, False)
    assert outcome["text"] == "not known after 2 s. It is sent to the warehouse in a moment."
    assert clock.slept == [1, 1, 0.5]
    assert "outcome" not in here.ask("order", "retry", "1", "-m", "acme")
    assert len(clock.slept) == 3


def test_r31_a_retry_that_meets_the_same_error_again_says_which(here: CliWorld, clock: ManualClock) -> None:
    defect = Defect("KeyError in orders/preparation.py:61", "push-orders", 4, datetime.now(UTC), None)
    here.note("acme", 1, Status.ACKNOWLEDGED, defect=defect)
    here.note("acme", 2, Status.ACKNOWLEDGED, defect=defect)
    clock.later(1, worker(here, 1, defect=defect))
    asked = "the warehouse and Billbee were asked: nothing is missing"
    clock.later(2, worker(here, 2, why=asked))
    first, second = here.ask("order", "retry", "--quarantined", "-m", "acme", "--wait", "30", status=1)["orders"]
    assert first["outcome"]["text"] == "quarantined: KeyError in orders/preparation.py:61"
    assert second["outcome"] == {"known": True, "well": True, "text": f"it is acknowledged: {asked}"}


def test_r32_a_retry_does_not_wait_for_a_vendor_that_is_down(here: CliWorld, clock: ManualClock) -> None:
    here.note("acme", 1, Status.QUEUED)
    moment = clock.now().isoformat()
    later = (clock.now() + timedelta(minutes=1)).isoformat()
    down = {"open_since": moment, "next_probe_at": later, "probe_interval": 60, "error_kind": "Unreachable"}
    here.table.change("MERCHANT#acme", "BREAKER#bibi", set=down)
    outcome = here.ask("order", "retry", "1", "-m", "acme", "--wait", "60", status=1)["outcome"]
    assert outcome["text"].startswith("The warehouse has not answered since")
    assert clock.slept == []


# ---- Jobs and failed messages


def test_a_job_waits_for_the_next_run_of_each_merchant(here: CliWorld, clock: ManualClock) -> None:
    health = Health(here.table, clock)
    health.succeeded("acme", "sync-stock")  # an earlier run
    clock.later(1, lambda: health.succeeded("acme", "poll-orders"))  # another job
    clock.later(3, lambda: health.succeeded("acme", "sync-stock"))
    clock.later(5, lambda: health.succeeded("nordlicht", "sync-stock"))
    answer = here.ask("jobs", "start", "sync-stock", "--wait", "60")
    assert {name: one["text"] for name, one in answer["outcomes"].items()} == {
        "acme": "it went well",
        "nordlicht": "it went well",
    }
    assert sum(clock.slept) == 5


def test_a_job_that_fails_for_good_ends_with_1_and_one_that_is_tried_again_may_still_go_well(
    here: CliWorld, clock: ManualClock
) -> None:
    health = Health(here.table, clock)
    refused, down = AuthenticationError("billbee list orders", "denied", status=401), ServerError("bibi x", "oops")
    clock.later(1, lambda: health.failed("acme", "poll-orders", refused))
    clock.later(1, lambda: health.failed("nordlicht", "poll-orders", down))
    clock.later(4, lambda: health.succeeded("nordlicht", "poll-orders"))
    answer = here.ask("jobs", "start", "poll-orders", "--wait", "60", status=1)
    assert answer["outcomes"]["acme"] == {
        "known": True,
        "well": False,
        "text": "it failed: billbee list orders (HTTP 401): denied",
    }
    assert answer["outcomes"]["nordlicht"]["well"]
    assert sum(clock.slept) == 4
    shown = here.run("jobs", "start", "poll-orders", "-m", "acme", "--wait", "0")
    assert (shown.exit_code, "acme: not known after 0 s" in shown.stdout) == (1, True)


def test_the_sweep_is_waited_for_under_its_own_name_and_a_failure_is_told_at_the_end(
    here: CliWorld, clock: ManualClock
) -> None:
    health = Health(here.table, clock)
    clock.later(1, lambda: health.succeeded("acme", "poll-orders"))
    clock.later(2, lambda: health.failed("acme", "sweep-orders", ServerError("bibi x", "oops")))
    answer = here.ask("jobs", "start", "poll-orders", "--scope", "stuck", "-m", "acme", "--wait", "9", status=1)
    assert answer["outcomes"]["acme"]["text"] == "it has failed, and is tried again: bibi x: oops"
    assert sum(clock.slept) == 9


def test_r32_a_job_that_is_skipped_because_a_vendor_is_down_is_known(here: CliWorld, clock: ManualClock) -> None:
    error = VendorDown("sync stock", "bibi", clock.now(), clock.now(), retry_after=9)
    clock.later(1, lambda: Health(here.table, clock).failed("acme", "sync-stock", error))
    outcome = here.ask("jobs", "start", "sync-stock", "-m", "acme", "--wait", "60", status=1)["outcomes"]["acme"]
    assert outcome["text"].startswith("it failed: sync stock: The warehouse: no answer since")


def test_messages_that_are_sent_again_are_waited_for_by_merchant_and_job(here: CliWorld, clock: ManualClock) -> None:
    bury(here, 11)
    bury(here, 12, "nordlicht")
    health = Health(here.table, clock)
    clock.later(2, lambda: health.succeeded("acme", "push-orders"))
    answer = here.ask("failed", "redrive", "--queue", "push-orders", "--wait", "6", status=1)
    assert answer["redriven"] == 2
    assert {one["merchant"]: (one["name"], one["known"], one["well"]) for one in answer["outcomes"]} == {
        "acme": ("push-orders", True, True),
        "nordlicht": ("push-orders", False, False),
    }
    assert sum(clock.slept) == 6
    assert here.ask("failed", "redrive", "--queue", "push-orders", "--wait", "6")["outcomes"] == []


# ---- Watch


def interrupted() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("command", [("orders",), ("jobs",), ("failed", "list")])
def test_a_list_is_drawn_again_until_ctrl_c(here: CliWorld, clock: ManualClock, command: tuple[str, ...]) -> None:
    here.note("acme", 1, Status.ACKNOWLEDGED)
    clock.later(11, interrupted)
    result = here.run(*command, "--watch", "5")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count("every 5 s; Ctrl-C ends it") == 3
    assert clock.slept == [5, 5, 5]
    assert "\x1b" not in result.stdout


def test_a_watched_list_shows_what_is_new_and_ends_with_the_status_of_the_last(
    here: CliWorld, clock: ManualClock
) -> None:
    clock.later(3, lambda: bury(here, 11))
    clock.later(11, interrupted)
    result = here.run("failed", "list", "--watch", "5")
    first, second, third = result.stdout.split("Ctrl-C ends it")[1:]
    assert ("order 11" in first, "order 11" in second, "order 11" in third) == (False, True, True)
    assert result.exit_code == 1


def test_a_watched_list_goes_on_after_an_error_but_not_after_one_at_once(here: CliWorld, clock: ManualClock) -> None:
    clock.later(3, lambda: here.registry.remove("acme", by="a test"))
    clock.later(8, lambda: here.open_merchant("acme"))
    clock.later(12, interrupted)
    result = here.run("orders", "-m", "acme", "--watch", "5")
    assert result.stdout.count("no order is open") == 2
    assert result.stderr.count("there is no merchant 'acme'") == 1
    assert result.exit_code == 0
    assert here.run("orders", "-m", "nobody", "--watch", "5").exit_code == 2


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_one_answer_is_not_drawn_again(here: CliWorld, clock: ManualClock, option: str) -> None:
    result = here.run("orders", "--watch", "5", option)
    assert (result.exit_code, "--watch draws for people" in result.output, clock.slept) == (2, True, [])
