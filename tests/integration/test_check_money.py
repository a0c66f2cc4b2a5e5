"""`merchants check` on money: what is charged and not shipped (R34)."""

from __future__ import annotations

from local.simulators.billbee.orders import item
from orderbridge.desk.doctor.check_merchant import check_merchant
from orderbridge.desk.doctor.findings import Finding, Severity
from testkit.world import World, world


def doctor(here: World, area: str) -> list[Finding]:
    found = check_merchant(here.workspace(), webhook_url=None, webhook_secret=None, others={})
    return [finding for finding in found if finding.area == area]


def test_r34_the_doctor_shows_what_each_pattern_keeps_from_being_shipped_and_which_ones_are_idle() -> None:
    with world(money_only=["TIP*", "*protection", "Depsoit"]) as here:
        here.sell(1, item("MUG-01"), item("TIP-01"), item(None, title="Route protection"))
        here.sell(2, item("MUG-01"), item("TIP-02"))
        tips, protection, idle = doctor(here, "fees")
        assert tips.what == "'TIP*' keeps 2 lines from being shipped: TIP-01, TIP-02"
        assert protection.what == "'*protection' keeps 1 line from being shipped: Route protection"
        assert (tips.severity, protection.severity, idle.severity) == (Severity.OK, Severity.OK, Severity.HINT)
        assert "'Depsoit'" in idle.what
        assert "TIP" not in idle.what


def test_r34_the_doctor_says_nothing_of_fees_without_the_setting() -> None:
    with world() as here:
        here.sell(1)
        assert doctor(here, "fees") == []
