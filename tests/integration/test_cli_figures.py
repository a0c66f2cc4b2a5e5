"""R42, R43: `orderbridge promise` and `orderbridge figures` before a deployed stack."""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from orderbridge.figures.day_figures import DayFigures
from orderbridge.ledger.lifecycle import Status
from tests.cli_world import CliWorld, Stored, cli_world

NOW = datetime.now(UTC)
TODAY = NOW.date()
PROMISE = {"handling_days": 1, "zone": "UTC", "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}
DAY = Counter(
    {
        "imported": 12,
        "submitted": 11,
        "shipped": 9,
        "rejected": 2,
        "rejected OB-101": 2,
        "rejected OB-105": 1,
        "parcels": 10,
        "to submitted seconds": 660,
        "to submitted 60": 11,
        "to shipped seconds": 9 * 20_000,
        "to shipped 21600": 8,
        "to shipped 259200": 1,
        "on time": 8,
        "late": 1,
        "cost": 337_500,
        "cost FedEx": 300_000,
        "cost DHL": 37_500,
        "costed orders": 9,
        "costed parcels FedEx": 9,
        "costed parcels DHL": 1,
    }
)


pytestmark = pytest.mark.xdist_group(__name__)  # one deployed stack


@pytest.fixture(scope="module")
def stack() -> Iterator[tuple[CliWorld, Stored]]:
    with cli_world() as made:
        made.open_merchant("acme", promise=PROMISE)
        made.open_merchant("nordlicht")
        midnight = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
        for number, days, status in (
            (1, 3, Status.ACKNOWLEDGED),
            (2, -2, Status.HELD),
            (3, 1, Status.ACKNOWLEDGED),
            (4, -5, Status.ACKNOWLEDGED),
            (5, -5, Status.SHIPPED),
        ):
            made.note("acme", number, status, promised_by=midnight + timedelta(days=days), shop_number=f"A-{number}")
        made.note("nordlicht", 9, Status.ACKNOWLEDGED)
        figures = DayFigures(made.table)
        figures.add("acme", TODAY, "shard", [("1", DAY)])
        figures.add("acme", TODAY - timedelta(days=40), "shard", [("1", DAY)])
        yield made, made.stored()


@pytest.fixture
def here(stack: tuple[CliWorld, Stored]) -> CliWorld:
    made, stored = stack
    made.restore(stored)
    return made


def test_r42_open_orders_are_listed_by_urgency(here: CliWorld) -> None:
    shown = here.run("promise", "--json")
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    assert [(one["billbee_id"], one["standing"]) for one in found["orders"]] == [
        (4, "late"),
        (2, "late"),
        (3, "at risk"),
        (1, "on time"),
    ]
    assert found["counts"] == {"late": 2, "at risk": 1, "on time": 1}
    assert found["without_promise"] == ["nordlicht"]
    assert found["orders"][0]["last_day"] == f"{TODAY - timedelta(days=6)}"
    lines = here.run("promise", "-m", "acme").stdout
    assert "2 late, 1 at risk, 1 on time" in lines
    assert "nordlicht" not in lines


def test_r42_the_list_is_one_table_as_csv_and_has_a_limit(here: CliWorld) -> None:
    rows = list(csv.reader(here.run("promise", "--csv").stdout.splitlines()))
    assert [row[1] for row in rows] == ["order", "4", "2", "3", "1"]
    assert rows[1][5] == f"{TODAY - timedelta(days=6)}"
    assert [row[6].partition(" ")[0] == "in" for row in rows[1:]] == [False, False, True, True]
    assert rows[1][6].endswith(" ago")
    cut = here.run("promise", "--limit", "1", "--json")
    assert json.loads(cut.stdout)["more_of"] == ["acme"]
    assert len(json.loads(cut.stdout)["orders"]) == 1


def test_r42_without_a_promise_the_tool_says_what_to_set(here: CliWorld) -> None:
    shown = here.run("promise", "-m", "nordlicht")
    assert shown.exit_code == 1
    assert "nothing is promised by nordlicht" in shown.output
    assert "handling_days" in shown.output


def test_r42_an_order_is_shown_with_its_promise(here: CliWorld) -> None:
    assert f"to leave by {TODAY - timedelta(days=6):%a %Y-%m-%d}: late" in here.run("order", "show", "4").stdout
    found = json.loads(here.run("order", "show", "4", "--json").stdout)["orders"][0]
    assert found["promise"].endswith(": late")
    assert "promise" not in here.run("order", "show", "9").stdout
    assert here.run("order", "show", "5").stdout.count("to leave by") == 1


def test_r43_figures_are_shown_by_day_merchant_reason_and_method(here: CliWorld) -> None:
    shown = here.run("figures").stdout
    for words in (f"{TODAY}", "nordlicht", "OB-101", "FedEx", "89%", "3.75"):
        assert words in shown
    assert f"{TODAY - timedelta(days=40)}" not in shown
    assert max(map(len, here.run("figures", width=80).stdout.splitlines())) <= 80
    assert "…" not in here.run("figures", width=80).stdout
    found = json.loads(here.run("figures", "--since", "60d", "--json").stdout)
    assert found["all"]["imported"] == 24
    assert found["merchants"]["nordlicht"]["imported"] == 0
    assert len(found["days"]) == 61
    acme = found["merchants"]["acme"]
    assert acme["rejected_by_code"] == {"OB-101": 4, "OB-105": 2}
    assert acme["to_shipped"]["orders"] == 18
    assert 4 * 3600 < acme["to_shipped"]["median"] <= 6 * 3600
    assert Decimal(acme["by_method"][0]["cost"]) == 60


@pytest.mark.parametrize(
    ("by", "first"),
    [("day", "day (UTC)"), ("merchant", "merchant"), ("reason", "rejected for"), ("method", "ship method")],
)
def test_r43_each_table_is_a_csv_of_its_own(here: CliWorld, by: str, first: str) -> None:
    rows = list(csv.reader(here.run("figures", "--by", by, "--csv").stdout.splitlines()))
    assert rows[0][0] == first
    assert len({len(row) for row in rows}) == 1
    if by == "day":
        assert [date.fromisoformat(row[0]) for row in rows[1:]] == [
            TODAY - timedelta(days=n) for n in range(30, -1, -1)
        ]
        assert rows == list(csv.reader(here.run("figures", "--csv").stdout.splitlines()))


def test_r43_figures_as_csv_are_numbers_and_what_is_not_known_is_empty(here: CliWorld) -> None:
    rows = list(csv.DictReader(here.run("figures", "--by", "merchant", "--csv").stdout.splitlines()))
    acme, nordlicht = rows
    assert 4 < float(acme["hours to shipped"]) <= 6 <= float(acme["hours of 9 of 10"])
    assert float(acme["share on time"]) == pytest.approx(8 / 9, abs=0.001)
    known = ("merchant", *(name for name, cell in nordlicht.items() if cell == "0"))
    assert [cell for name, cell in nordlicht.items() if name not in known] == ["", "", "", ""]


def test_r43_a_merchant_without_figures_has_none(here: CliWorld) -> None:
    shown = here.run("figures", "-m", "nordlicht")
    assert shown.exit_code == 0
    assert "nothing was counted since" in shown.stdout


def test_r43_a_time_that_is_none_is_refused(here: CliWorld) -> None:
    assert here.run("figures", "--since", "yesterday").exit_code == 2
    assert (
        json.loads(here.run("figures", "--since", "2000d", "--json").stdout)["since"]
        == f"{TODAY - timedelta(days=400)}"
    )


@pytest.fixture
def zones() -> Iterator[Callable[[str], None]]:
    """Changes the zone of this machine's clock, until the end of the test."""
    with pytest.MonkeyPatch.context() as patch:

        def use(zone: str) -> None:
            patch.setenv("TZ", zone)
            time.tzset()

        yield use
    time.tzset()


def test_r42_the_last_day_is_the_warehouses_wherever_the_tool_runs(
    here: CliWorld, zones: Callable[[str], None]
) -> None:
    shown = []
    for zone in ("UTC", "Asia/Tokyo", "America/Los_Angeles"):
        zones(zone)
        rows = csv.reader(here.run("promise", "--csv").stdout.splitlines())
        shown.append([(row[1], row[5]) for row in rows])
    assert len(shown[0]) == 5
    assert shown[0] == shown[1] == shown[2]
