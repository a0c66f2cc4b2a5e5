"""The daily digest: what it tells of a merchant's orders, and that it is sent once, however often it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from local.simulators.faults import Fault
from orderbridge.desk.digest_records import Digests
from orderbridge.desk.digest_report import Report
from orderbridge.desk.send_digest import send_digest
from orderbridge.figures.view import FiguresView
from orderbridge.jobs.deliveries import Delivery
from orderbridge.jobs.messages import SendDigest
from orderbridge.merchants.usage import Usage
from orderbridge.platform.errors import LedgerConflict, NotSent, RetryableError, ServerError
from orderbridge.platform.topics import Topic
from testkit.aws import MemorySNS
from testkit.clock import NOON
from testkit.mishaps import Crash
from testkit.world import World, world

NEXT_MORNING = NOON + timedelta(hours=17)


@dataclass
class Mailbox:
    """A world, and what the subscribers of the digests got. `fails` says how sending goes wrong, each once."""

    here: World
    got: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    fails: list[BaseException] = field(default_factory=list)
    seconds_left: float = 100.0

    def publish(self, subject: str, text: str, attributes: Mapping[str, str]) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.got.append((subject, text, attributes))

    def ask(self, *, attempt: int = 1, asked_at: datetime | None = None) -> bool:
        """Deliver the day's message."""
        here = self.here
        message = SendDigest(merchant="acme", correlation_id="c", asked_at=asked_at or here.clock.now())
        workspace = here.workspace("acme")
        workspace.deadline.set(self.seconds_left)
        return send_digest(
            workspace,
            Delivery(message, "m", "r", attempt, here.clock.now()),
            publish=self.publish,
            figures=FiguresView(here.table, here.clock),
            board_url="https://board.example/",
        )

    def write_down(self) -> None:
        """Count what happened so far, as each invocation does at its end."""
        workspace = self.here.workspace("acme")
        Usage(self.here.table, self.here.clock).add("acme", workspace.counted)
        workspace.counted.clear()

    def until(self, moment: datetime) -> None:
        self.here.clock.seconds = moment.timestamp()

    @property
    def lines(self) -> list[str]:
        return self.got[-1][1].splitlines()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with world() as here:
        yield Mailbox(here)


def test_the_digest_tells_what_became_of_yesterdays_orders(mailbox: Mailbox) -> None:
    here = mailbox.here
    for billbee_id in (1, 2, 3):
        here.sell(billbee_id)
    here.sell(4)["ShippingAddress"] = None
    here.cycle()
    here.warehouse.ship("1", ["1Z1", "1Z2"], method="02")
    here.cycle()
    assert [here.status(n) for n in (1, 2, 4)] == ["shipped", "acknowledged", "rejected"]
    mailbox.write_down()
    mailbox.until(NEXT_MORNING)
    assert mailbox.ask()
    subject, _, attributes = mailbox.got[0]
    assert subject == "orderbridge acme: 4 imported, 1 shipped, 1 rejected"
    assert attributes == {"merchant": "acme"}
    assert mailbox.lines[0] == "acme, 2026-07-01 (UTC)"
    assert {"Imported: 4", "Shipped: 1", "Parcels: 2", "Rejected: 1", "Open for more than 2 days: 0"} <= set(
        mailbox.lines
    )
    (rejected,) = [line for line in mailbox.lines if "OB-101" in line]
    assert rejected == "- 4: The order has no shipping address: add one. [OB-101]"
    assert mailbox.lines[-3] == "Disagreements of the last 3 days: 0"


def test_orders_that_wait_too_long_are_named_by_the_number_that_customers_know(mailbox: Mailbox) -> None:
    mailbox.here.sell(1)["OrderNumber"] = "SHOP-1"
    mailbox.here.cycle()
    mailbox.here.cycle()
    mailbox.until(NEXT_MORNING + timedelta(days=2))
    assert mailbox.ask()
    assert "- SHOP-1 (1): at the warehouse, 2 days" in mailbox.lines


def test_the_digest_is_in_the_merchants_language(mailbox: Mailbox) -> None:
    mailbox.here.configure(language="de")
    assert mailbox.ask()
    assert "Importiert: 0" in mailbox.lines


def test_a_disagreement_is_told_with_the_command_that_mends_it(mailbox: Mailbox) -> None:
    here = mailbox.here
    here.sell(1)
    here.cycle()
    here.cycle()
    here.warehouse.ship("1", ["1Z1"], method="02")  # and tracking does not read it
    mailbox.until(NEXT_MORNING)
    assert mailbox.ask()
    (line,) = [line for line in mailbox.lines if "1Z1" in line]
    assert line.endswith("→ orderbridge order retry 1 --merchant acme")


# ---- Once


def test_a_digest_is_sent_once_a_day_however_often_it_is_asked_for(mailbox: Mailbox) -> None:
    mailbox.until(NEXT_MORNING)
    assert [mailbox.ask(), mailbox.ask(attempt=2), mailbox.ask()] == [True, False, False]
    mailbox.until(NEXT_MORNING + timedelta(days=1))
    assert mailbox.ask()
    assert [lines.splitlines()[0] for _, lines, _ in mailbox.got] == [
        "acme, 2026-07-01 (UTC)",
        "acme, 2026-07-02 (UTC)",
    ]


def test_a_message_that_comes_late_is_about_the_day_it_was_asked_for(mailbox: Mailbox) -> None:
    mailbox.until(NEXT_MORNING + timedelta(days=1))
    assert mailbox.ask(asked_at=NEXT_MORNING)
    assert mailbox.lines[0] == "acme, 2026-07-01 (UTC)"


def test_a_digest_that_sns_does_not_take_is_sent_by_the_next_delivery(mailbox: Mailbox) -> None:
    mailbox.fails = [NotSent("SNS did not take the message: InternalError")]
    with pytest.raises(NotSent):
        mailbox.ask()
    assert mailbox.ask(attempt=2)
    assert len(mailbox.got) == 1


def test_a_crash_while_sending_never_sends_it_twice_and_is_logged(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.fails = [Crash("killed")]
    with pytest.raises(Crash):
        mailbox.ask()
    assert not mailbox.ask(attempt=2)
    assert mailbox.got == []
    assert "A digest may not have been sent" in caplog.messages


def test_a_digest_is_not_begun_without_the_time_to_send_it(mailbox: Mailbox) -> None:
    mailbox.seconds_left = 30
    with pytest.raises(RetryableError, match="out of time"):
        mailbox.ask()
    mailbox.seconds_left = 100
    assert mailbox.ask(attempt=2)


def test_of_two_workers_one_sends(mailbox: Mailbox) -> None:
    first, second = (Digests(mailbox.here.table, "acme", mailbox.here.clock) for _ in range(2))
    day = date(2026, 7, 1)
    assert [first.is_claimed(day), second.is_claimed(day)] == [False, False]
    assert [first.claim(day), second.claim(day)] == [True, False]


def test_r22_a_rehearsal_has_no_digest(mailbox: Mailbox) -> None:
    mailbox.here.configure(mode="test")
    assert not mailbox.ask()
    assert mailbox.got == []


# ---- Vendors that fail


def test_a_vendor_that_fails_is_waited_for_and_then_the_digest_goes_without_the_comparison(mailbox: Mailbox) -> None:
    mailbox.here.bibi.faults.add(Fault("status", status=500, times=100))
    for attempt in (1, 2):
        with pytest.raises(ServerError):
            mailbox.ask(attempt=attempt)
    assert mailbox.ask(attempt=3)
    assert mailbox.lines[-3] == "Disagreements of the last 3 days: they could not be compared"


# ---- SNS


def test_a_message_carries_subject_and_attributes_to_the_topic() -> None:
    sns = MemorySNS("digests")
    Topic(sns, "digests").publish("A subject", "für acme", {"merchant": "acme"})
    (published,) = sns.published["digests"]
    assert (published["Subject"], published["Message"]) == ("A subject", "für acme")
    assert published["MessageAttributes"] == {"merchant": {"DataType": "String", "StringValue": "acme"}}


def test_a_topic_that_is_not_there_is_an_error_that_says_so() -> None:
    gone = Topic(MemorySNS(), "arn:aws:sns:eu-central-1:123456789012:gone")
    with pytest.raises(NotSent, match="NotFound"):
        gone.publish("A subject", "a text", {})


def test_an_order_that_was_rejected_this_morning_is_in_tomorrows_digest_alone(mailbox: Mailbox) -> None:
    here = mailbox.here
    mailbox.until(NEXT_MORNING - timedelta(hours=2))
    here.sell(4)["ShippingAddress"] = None
    here.cycle()
    assert here.status(4) == "rejected"
    mailbox.until(NEXT_MORNING)
    assert mailbox.ask()
    assert not [line for line in mailbox.lines if "OB-101" in line]
    mailbox.until(NEXT_MORNING + timedelta(days=1))
    assert mailbox.ask()
    assert len([line for line in mailbox.lines if "OB-101" in line]) == 1


@pytest.mark.parametrize(("activity", "step"), [("imported", "poll"), ("submitted", "push"), ("shipped", "pull")])
def test_what_another_worker_wrote_first_is_not_counted_here(mailbox: Mailbox, activity: str, step: str) -> None:
    """It is counted with the write that makes it so, and this one did not make it."""
    here = mailbox.here
    here.sell(1)
    if step != "poll":
        here.poll()
    if step == "pull":
        here.push()
        here.warehouse.ship("1", ["1Z1"], method="02")
    workspace = here.workspace("acme")
    workspace.counted.clear()
    ledger = workspace.ledger
    refused = {"poll": "open", "push": "move", "pull": "move"}[step]

    def lost(*_: object, **__: object) -> None:
        raise LedgerConflict("another worker has moved the order")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, refused, lost)
        if step == "push":
            patch.setattr(ledger, "write", lost)
        if step == "poll":
            here.ask_poll()
        elif step == "pull":
            here.ask_pull()
        here.deliver(step)
    assert workspace.counted[activity] == 0


# The promise, the week, and the page


def test_r42_the_digest_names_what_was_not_shipped_when_promised(mailbox: Mailbox) -> None:
    here = mailbox.here
    here.configure(promise={"handling_days": 0, "zone": "UTC"})
    here.imported(1)
    here.configure(promise={"handling_days": 1, "zone": "UTC"})
    here.imported(2, 3)
    here.warehouse.ship("3")
    here.cycle()
    mailbox.until(NEXT_MORNING)
    assert mailbox.ask()
    lines = mailbox.lines
    assert lines[lines.index("Not shipped when promised: 1") + 1] == "- 1: at the warehouse, promised by 2026-07-01"
    assert "Last day today: 1" in lines
    assert "1 late" in mailbox.got[0][0]


def test_r42_a_merchant_who_promises_nothing_hears_nothing_of_it(mailbox: Mailbox) -> None:
    mailbox.here.imported(1)
    mailbox.until(NEXT_MORNING)
    assert mailbox.ask()
    assert "promised" not in mailbox.got[0][1]


def test_r43_on_mondays_the_digest_has_the_week_beside_the_one_before(mailbox: Mailbox) -> None:
    here = mailbox.here
    here.imported(1)  # on a Wednesday
    here.warehouse.ship("1")
    here.cycle()
    here.follow_changes()
    here.wait(days=7)
    here.imported(2, 3)
    here.follow_changes()
    mailbox.until(datetime(2026, 7, 12, 4, tzinfo=UTC))
    assert mailbox.ask()
    assert "The week" not in mailbox.got[-1][1]
    mailbox.until(datetime(2026, 7, 13, 4, tzinfo=UTC))
    assert mailbox.ask()
    lines = mailbox.lines
    place = lines.index("The week from 2026-07-06 to 2026-07-12 (the week before)")
    assert lines[place + 1 : place + 3] == ["- Imported: 2 (1)", "- Shipped: 0 (1)"]
    assert "- Rejected: 0 (0)" in lines


def test_the_digest_is_kept_as_a_page_and_its_mail_names_the_address(mailbox: Mailbox) -> None:
    here = mailbox.here
    here.imported(1)
    mailbox.until(NEXT_MORNING)
    assert mailbox.ask()
    assert mailbox.lines[-1] == "https://board.example/digests/acme/2026-07-01"
    digests = Digests(here.table, "acme", here.clock)
    assert digests.days() == [date(2026, 7, 1)]
    kept = digests.report(date(2026, 7, 1))
    assert isinstance(kept, Report)
    assert kept.as_text(mailbox.lines[-1]) == mailbox.got[0][1]
    assert digests.report(date(2026, 6, 30)) is None


def test_a_digest_that_was_not_sent_is_not_kept(mailbox: Mailbox) -> None:
    mailbox.here.imported(1)
    mailbox.until(NEXT_MORNING)
    mailbox.fails.append(NotSent("SNS did not take it"))
    with pytest.raises(NotSent):
        mailbox.ask()
    assert Digests(mailbox.here.table, "acme", mailbox.here.clock).days() == []
