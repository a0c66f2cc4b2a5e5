"""Have return labels created, each once, for a merchant's tag or for an operator (R24)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderbridge.effects.executor import conclude, say
from orderbridge.jobs.messages import PushOrder
from orderbridge.ledger.effects import Effect, EffectKind
from orderbridge.ledger.lifecycle import HAS_LEFT
from orderbridge.ledger.told import LABEL_ANSWERS, Answer
from orderbridge.ledger.wishes import Wish
from orderbridge.platform.errors import OrderbridgeError
from orderbridge.returns.label_effects import CALL, ready
from orderbridge.returns.label_store import claim

if TYPE_CHECKING:
    from orderbridge.jobs.publisher import Sender
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.returns.ports import Workspace

_TOOL: Final = "orderbridge order return-label"


class NoLabel(OrderbridgeError):
    """A label cannot be asked for. The message says why.

    Attributes:
        hint: what to do instead.
    """

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


def make_label(workspace: Workspace, record: LedgerOrder, order: Order | None) -> LedgerOrder:
    """Have the label created, or find the existing one, and tell the merchant. Returns the record as it is then.

    Args:
        order: as it is in the shop; None if it is gone there.

    Raises:
        UpstreamError: call again; nothing is done twice.
        LedgerConflict: another worker has changed the order.
    """
    now, label = workspace.now(), record.label
    if record.status not in HAS_LEFT:
        return record
    if label is not None and label.stored and label.is_good(now):
        return conclude(workspace, record, ready(workspace.tags, record, label), order)
    effect = Effect(kind=EffectKind.LABEL, key="label")
    if label is not None and not label.stored:  # it was not known whether it was created
        return say(workspace, record, effect, order=order, in_doubt=True)
    kept = claim(workspace.merchant, record.billbee_id, workspace.settings.returns.label_days, now)
    return say(workspace, record, effect, order=order, why="a return label is asked for", call=CALL, label=kept)


def forget_answer(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    """The merchant removed the tag, so the next one asks again. A good label is told again; a label in doubt stays in
    doubt.
    """
    return workspace.ledger.note(record, told=record.told - LABEL_ANSWERS - {Wish.LABEL})


def is_asked(record: LedgerOrder) -> bool:
    """Whether an operator's request has no answer yet."""
    return not LABEL_ANSWERS & record.told


def ask_for_label(ledger: Ledger, record: LedgerOrder, send: Sender, correlation_id: str, *, again: bool) -> bool:
    """Have a label created for an operator. False if there is one already, which only has to be fetched.

    Args:
        send: to the queue push-orders.
        again: even if an earlier call may have created one. The operator has asked the warehouse.

    Raises:
        NoLabel: it cannot be created, or not without ``again``.
        LedgerConflict: a worker has just changed the order.
    """
    if record.rehearsal:
        raise NoLabel("it was only rehearsed: there is nothing that could come back")
    if record.is_quarantined:
        raise NoLabel("it is quarantined: no job touches it", f"orderbridge order retry {record.billbee_id}")
    if record.status not in HAS_LEFT:
        raise NoLabel(f"it is {record.status}: there is nothing yet that could come back")
    if record.label is not None and record.label.is_good(ledger.now()):
        if again:
            raise NoLabel("there is a label, which is still good", "leave out --again to write it to the file")
        return False
    in_doubt = record.label is not None and not record.label.stored
    lost = record.label is None and Answer.LABEL_READY in record.told
    if (in_doubt or lost) and not again:
        said = "the warehouse gave no answer" if in_doubt else "the ledger has lost its record"
        raise NoLabel(
            f"the warehouse was asked for one already, and {said}: it may have made one",
            "ask the warehouse; if it made none: the same with --again, which may cost a second label",
        )
    # A new version, so that the queue does not drop the message as a repetition. A second delivery finds the claim, or
    # the answer, of the first.
    begun = (EffectKind.LABEL, EffectKind.LABEL_MESSAGE)
    record = ledger.note(
        record,
        label=None,
        told=record.told - LABEL_ANSWERS,
        effects=tuple(effect for effect in record.effects if effect.kind not in begun),
        why="an operator asked for a return label",
        call=_TOOL,
    )
    send(
        [
            PushOrder(
                merchant=record.merchant,
                correlation_id=correlation_id,
                billbee_id=record.billbee_id,
                version=record.version,
                label=True,
            )
        ]
    )
    return True
