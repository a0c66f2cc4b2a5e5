"""R7: which kinds of effects are looked for before they are said again, and how each is put together."""

from __future__ import annotations

from orderbridge.desk.ports import Hub, Warehouse
from orderbridge.ledger.effects import EffectKind
from orderbridge.sayings import SAYINGS
from testkit.world import world

_HARMLESS_TWICE = {EffectKind.TAG, EffectKind.STATE, EffectKind.TAKEN_OVER, EffectKind.CANCELLATION}


def test_r7_each_kind_can_be_said_and_all_but_the_harmless_are_looked_for_first() -> None:
    with world(billing={"enabled": True}) as here:
        workspace = here.workspace()
        assert workspace is not None
        sayings = {kind: workspace.saying(kind) for kind in EffectKind}
    assert sayings.keys() == SAYINGS.keys()
    assert {kind for kind, saying in sayings.items() if saying.repeatable} == _HARMLESS_TWICE


def test_the_clients_of_a_kind_are_made_when_it_is_first_said() -> None:
    with world() as here:
        workspace = here.workspace()
        assert workspace is not None
        made, make_hub, make_warehouse = list[str](), workspace.make_hub, workspace.make_warehouse

        def hub() -> Hub:
            made.append("hub")
            return make_hub()

        def warehouse() -> Warehouse:
            made.append("warehouse")
            return make_warehouse()

        workspace.make_hub, workspace.make_warehouse = hub, warehouse
        workspace.saying(EffectKind.TAG)
        workspace.saying(EffectKind.MESSAGE)
        assert made == ["hub"]
        workspace.saying(EffectKind.HOLD)
        assert made == ["hub", "warehouse"]
