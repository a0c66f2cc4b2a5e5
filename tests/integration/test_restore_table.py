"""A backup brought back into the table: what it may not lead to, whatever was said after it was taken (R7, R10)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from benchmarks.restore import measure, table
from orderbridge.desk.restore_table import BACK, OTHER, STAYS, NotInTheBackup, Restored, kind_of, restore_table
from orderbridge.ledger.lifecycle import Status
from orderbridge.platform.copying import WholeTable
from orderbridge.platform.errors import NewerRelease, RetryableError
from testkit.aws import MemoryDynamoDB
from testkit.clock import NOON, ManualClock
from testkit.environment import TABLE
from testkit.template import make_table
from testkit.world import RECEIVED, World, world

ROOT: Final = Path(__file__).parents[2]
LAYER: Final = ROOT / "layers/shared/orderbridge"
BACKUP: Final = "backup"
REJECTED: Final = "order_rejected_by_bibi"


@dataclass
class Saved:
    """A world with a backup of its table."""

    here: World
    taken_at: datetime

    def restore(self, *replace: str, dry_run: bool = False) -> Restored:
        here = self.here
        here.queues.clear()
        here.cold_start()
        done = restore_table(
            WholeTable(here.dynamodb, TABLE, here.clock),
            WholeTable(here.dynamodb, BACKUP, here.clock),
            here.registry,
            taken_at=self.taken_at,
            now=here.clock.now(),
            replace=replace,
            dry_run=dry_run,
        )
        here.cold_start()
        return done


def save(here: World) -> Saved:
    make_table(here.dynamodb, BACKUP)
    here.dynamodb.tables[BACKUP] |= here.dynamodb.tables[TABLE]
    return Saved(here, here.clock.now())


def key_of_order(billbee_id: int) -> tuple[str, str]:
    return "MERCHANT#acme", f"ORDER#{billbee_id:020d}"


def damage(here: World, billbee_id: int, **attributes: Any) -> None:
    """What a defect may have written over a record."""
    item = here.dynamodb.tables[TABLE][key_of_order(billbee_id)]
    here.dynamodb.tables[TABLE][key_of_order(billbee_id)] = dict(item) | attributes


def everything(here: World) -> str:
    return json.dumps([sorted(here.items(), key=lambda item: (item["pk"]["S"], item["sk"]["S"]))], sort_keys=True)


@contextmanager
def sold(*billbee_ids: int) -> Iterator[World]:
    with world() as here:
        for one in billbee_ids:
            here.sell(one)
        here.run_on()
        yield here


def test_r7_an_order_that_was_queued_in_the_backup_and_sent_since_is_not_sent_again() -> None:
    with world() as here:
        here.sell(1)
        here.poll()
        saved = save(here)
        here.run_on()
        assert (here.status(1), here.submitted("1")) == ("acknowledged", 1)
        here.empty_the_table()
        saved.restore()
        assert here.status(1) == "queued"
        here.run_on()
        here.wait(hours=1)
        here.run_on()
        assert (here.status(1), here.submitted("1")) == ("acknowledged", 1)


def test_r7_an_order_that_was_rejected_in_the_backup_and_sent_since_is_not_sent_again() -> None:
    """As it was, the next poll would find its tag gone and send it at once."""
    with world() as here:
        here.sell(1, currency="ZZZ")
        here.run_on()
        assert here.status(1) == "rejected"
        saved = save(here)
        here.wire(1)["Currency"] = "USD"
        here.shop.remove_tag(1, REJECTED)
        here.wait(minutes=10)
        here.run_on()
        assert here.submitted("1") == 1
        here.shop.remove_tag(1, RECEIVED)  # or who sent it crashed before the tag
        here.empty_the_table()
        orders = saved.restore().kinds["orders"]
        assert (orders.missing, orders.put_back, orders.left_to_poll) == (1, 0, 1)
        here.run_on()
        assert (here.submitted("1"), here.status(1)) == (1, "acknowledged")


@pytest.mark.parametrize("replace", [(), ("orders",)], ids=["missing", "damaged"])
def test_r14_a_parcel_that_was_posted_after_the_backup_is_not_posted_again(replace: tuple[str, ...]) -> None:
    with sold(1) as here:
        saved = save(here)
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.wait(minutes=30)
        here.run_on()
        assert (here.status(1), here.parcels(1)) == ("shipped", ["1Z1"])
        if replace:
            damage(here, 1, status={"S": "rejected"}, parcels={"M": {}})
        else:
            here.empty_the_table()
        saved.restore(*replace)
        assert here.status(1) == "acknowledged"
        for _ in range(3):
            here.wait(hours=1)
            here.run_on()
        assert (here.status(1), here.parcels(1), here.submitted("1")) == ("shipped", ["1Z1"], 1)


def test_r9_what_the_backup_says_is_still_to_be_said_is_looked_up_first() -> None:
    """It may have been said since, and a message in Billbee cannot be taken back."""
    with world() as here:
        here.sell(1, currency="ZZZ")
        here.run_on()
        (text,) = here.told(1)
        key = key_of_order(1)
        open_again = dict(here.dynamodb.tables[TABLE][key])
        effect = {"kind": {"S": "message"}, "key": {"S": "OB-test"}, "body": {"M": {"text": {"S": text}}}}
        open_again |= {"effects": {"L": [{"M": effect}]}, "status": {"S": "acknowledged"}}
        here.dynamodb.tables[TABLE][key] = open_again
        saved = save(here)
        del here.dynamodb.tables[TABLE][key]
        saved.restore()
        (restored,) = here.record(1).effects
        assert restored.settles_at == saved.taken_at


@pytest.mark.parametrize("backup_is_older", [True, False])
def test_r7_an_order_that_was_forgotten_stays_so(backup_is_older: bool) -> None:
    with sold(1) as here:
        here.warehouse.ship("1")
        here.wait(minutes=30)
        here.run_on()
        saved = save(here) if backup_is_older else None
        here.ledger.forget(here.record(1))
        if saved is None:
            saved = save(here)
            here.empty_the_table()
        saved.restore("orders")
        assert here.ledger.get("acme", 1) is None
        assert here.ledger.forgotten_at("acme", 1) is not None
        assert list(here.ledger.ended_orders("acme", Status.SHIPPED, since=NOON)) == []


def test_r18_no_old_figure_of_stock_comes_back() -> None:
    with world() as here:
        here.put("MUG-01", 10)
        here.sync_stock()
        saved = save(here)
        assert any(sk.startswith("STOCK#") for _, sk in here.dynamodb.tables[BACKUP])
        here.empty_the_table()
        saved.restore()
        assert not [sk for _, sk in here.dynamodb.tables[TABLE] if sk.startswith("STOCK")]


def test_r10_the_next_poll_is_cautious_even_where_nothing_was_lost() -> None:
    with sold(1) as here:
        assert here.cursors().orders().read_until is not None
        done = save(here).restore()
        assert done.merchants == {"acme"}
        assert here.cursors().orders().read_until is None
        assert here.cursors().tracking().read_until is None


def test_what_only_differs_stays_unless_it_is_named_and_other_rows_stay_then_too() -> None:
    with sold(1, 2, 3) as here:
        saved = save(here)
        here.sell(4)
        here.run_on()
        for order in (1, 2):
            damage(here, order, content_hash={"S": "damaged"}, version={"N": "9"})
        here.lose_record(3)
        dry = saved.restore(dry_run=True).kinds["orders"]
        assert (dry.in_backup, dry.missing, dry.different, dry.newer) == (3, 1, 2, 1)
        first = saved.restore()
        assert [name for name in first.different_keys if "/ORDER#" in name] == [
            "/".join(key_of_order(n)) for n in (1, 2)
        ]
        assert (first.kinds["orders"].put_back, first.kinds["orders"].replaced) == (1, 0)
        assert here.record(1).content_hash == "damaged"
        second = saved.restore("/".join(key_of_order(1))).kinds["orders"]
        assert (second.put_back, second.replaced, second.different) == (0, 1, 2)
        assert here.record(1).content_hash != "damaged"
        assert here.record(1).version == 10, "whoever read the damaged record cannot write it back"
        assert "restored from the backup" in here.record(1).timeline[-1].why
        assert here.record(2).content_hash == "damaged"
        third = saved.restore("orders").kinds["orders"]
        assert (third.replaced, third.different) == (1, 1), "what is repaired counts as the same"


def test_a_dry_run_writes_nothing_and_a_second_run_changes_nothing() -> None:
    with sold(1, 2) as here:
        saved = save(here)
        here.lose_record(1)
        before = everything(here)
        saved.restore(dry_run=True)
        assert everything(here) == before
        saved.restore()
        restored = everything(here)
        assert restored != before
        assert saved.restore().kinds["orders"].missing == 0
        assert everything(here) == restored


def test_a_damaged_record_that_cannot_be_read_is_replaced_and_one_in_the_backup_is_left_to_the_poll() -> None:
    with sold(1, 2) as here:
        saved = save(here)
        damage(here, 1, version={"S": "x"}, timeline={"S": "gone"})
        here.dynamodb.tables[BACKUP][key_of_order(2)] = dict(
            here.dynamodb.tables[BACKUP][key_of_order(2)], created_at={"S": "never"}
        )
        here.lose_record(2)
        orders = saved.restore("orders").kinds["orders"]
        assert (orders.replaced, orders.left_to_poll) == (1, 1)
        here.run_on()
        assert (here.status(1), here.status(2)) == ("acknowledged", "acknowledged")
        assert (here.submitted("1"), here.submitted("2")) == (1, 1)


def test_a_merchant_that_was_removed_after_the_backup_stays_removed() -> None:
    with world() as here:
        here.open_merchant("beta")
        saved = save(here)
        here.registry.remove("beta", by="a test")
        saved.restore()
        assert "beta" not in here.registry.merchants()


def test_settings_come_back_with_their_history_and_the_pause_stays() -> None:
    with world() as here:
        here.configure(stock={"buffer": 3})
        saved = save(here)
        here.registry.pause_all(by="a test")
        for key in [key for key in here.dynamodb.tables[TABLE] if key[1] != "PAUSE"]:
            del here.dynamodb.tables[TABLE][key]
        here.cold_start()
        saved.restore()
        assert json.loads(here.registry.merchants()["acme"])["stock"] == {"buffer": 3}
        assert here.registry.pause() is not None


def test_a_cursor_does_not_survive_a_restore_that_is_interrupted() -> None:
    with sold(1) as here:
        saved = save(here)
        here.dynamodb.tables[BACKUP]["MERCHANT#acme", "USAGE#x"] = {
            "pk": {"S": "MERCHANT#acme"},
            "sk": {"S": "USAGE#x"},
            "schema": {"N": "99"},
        }
        with pytest.raises(NewerRelease):
            saved.restore()
        assert here.cursors().orders().read_until is None


def test_a_key_that_the_backup_does_not_have_is_reported_after_all_else_is_done() -> None:
    with sold(1) as here:
        saved = save(here)
        here.lose_record(1)
        with pytest.raises(NotInTheBackup, match="ORDER#x"):
            saved.restore("MERCHANT#acme/ORDER#x")
        assert here.status(1) == "acknowledged"


def test_every_kind_of_item_that_the_stores_write_is_either_brought_back_or_not() -> None:
    """One that is added has to be thought about here."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(LAYER.rglob("*.py")))
    begun = set(re.findall(r'"([A-Z]{3,}#)', text))
    whole = set(re.findall(r'(?:_SK|_SORT_KEY|_SWITCH): Final = "([A-Z]+)"', text))
    others = {"MERCHANT#"}  # also the beginning of a merchant's first key
    assert {"ORDER#", "STOCK#", "HEALTH", "PAUSE", "ORDERNUMBERS"} <= begun | whole | others
    assert [one for one in sorted(begun | whole) if kind_of(("x", one)) == OTHER] == []
    known = [one for kinds in (BACK, STAYS) for prefixes in kinds.values() for one in prefixes]
    assert len(known) == len(set(known))


def test_what_dynamodb_leaves_over_is_written_again_and_given_up_in_the_end() -> None:
    class Sparing(MemoryDynamoDB):
        """Takes so many items of each batch."""

        takes = 10

        def batch_write_item(self, **request: Any) -> dict[str, Any]:
            ((name, asked),) = request["RequestItems"].items()
            if self.takes:
                super().batch_write_item(RequestItems={name: asked[: self.takes]})
            left = asked[self.takes :]
            return {"UnprocessedItems": {name: left} if left else {}}

    clock, memory = ManualClock(), Sparing()
    make_table(memory, TABLE)
    table = WholeTable(memory, TABLE, clock)  # type: ignore[arg-type]
    table.write({"pk": "a", "sk": str(place)} for place in range(30))
    assert len(memory.tables[TABLE]) == 30
    assert (table.calls, clock.slept) == (4, [0.5, 1.0])
    memory.takes = 0
    with pytest.raises(RetryableError):
        table.delete([("a", "1")])


def test_a_thousand_orders_cost_a_call_for_every_hundred_read_and_every_twenty_five_written() -> None:
    done = measure(1000)
    assert done.items >= 2000, "each order, and what its parcel cost"
    assert done.writing <= 1 + done.items / 100 + done.items / 25 + 5
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert table([done]) in page
