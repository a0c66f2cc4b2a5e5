"""Have return labels made, each once, and tell the merchant where to open them (R24).

The warehouse's call makes a label each time, may charge for it, and cannot be asked what it has made. So the ledger
notes the intention before the call, with the place where the label will be kept; if no label is there afterwards and
no answer came, nobody asks again by himself: the merchant is told, and an operator decides.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from orderbridge.clients.bibi.labels import return_label
from orderbridge.domain import problems
from orderbridge.domain.activity import Activity
from orderbridge.domain.changes import HAS_LEFT, LABEL_ANSWERS, Answer, Wish
from orderbridge.domain.plain_words import plain_words
from orderbridge.domain.return_labels import KeptLabel, UnusableLabel
from orderbridge.errors import NotFound, OrderbridgeError, Refused, UnknownOutcome, UpstreamError
from orderbridge.queues.messages import PushOrder
from orderbridge.services.notices import scrubbed, tell
from orderbridge.stores.labels import claim

if TYPE_CHECKING:
    from orderbridge.domain.order import Order
    from orderbridge.domain.problems import Problem
    from orderbridge.services.workspace import Sender, Workspace
    from orderbridge.stores.ledger import Ledger, LedgerOrder

CALL: Final = "bibi return_label"
_OF_A_LABEL: Final = re.compile(r"\[OB-70[23]\]\Z")


class NoLabel(OrderbridgeError):
    """No label can be asked for. The message says why.

    Attributes:
        hint: what to do instead.
    """

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


def make_label(workspace: Workspace, record: LedgerOrder, order: Order | None) -> LedgerOrder:
    """Have the label made, or find the one there is, and tell the merchant; gives the record as it is then.

    Args:
        order: as it stands in the shop; None if it is gone there.

    Raises:
        UpstreamError: call again; what was done is not done twice.
        LedgerConflict: another worker has moved the order.
    """
    now = workspace.now()
    if record.status not in HAS_LEFT:
        return record
    if record.label is not None and not record.label.stored:
        if workspace.labels.open(record.label.key) is None:
            return _answer(workspace, record, Answer.LABEL_UNKNOWN, problems.label_unknown(record.billbee_id))
        return _announce(workspace, record, replace(record.label, stored=True))
    if record.label is not None and record.label.is_good(now):
        return _announce(workspace, record, record.label)
    kept = claim(workspace.merchant, record.billbee_id, workspace.settings.returns.label_days, now)
    record = workspace.ledger.note(record, label=kept, why="a return label is asked for", call=CALL)
    try:
        label = return_label(workspace.bibi, record.number)
    except UnusableLabel as unusable:
        return _refuse(workspace, record, str(unusable), unusable.german)
    except (Refused, NotFound) as refusal:
        # Without the order nothing tells a name from another word.
        said = scrubbed(refusal.detail, order) if order is not None else plain_words(refusal.detail)
        why = f"the warehouse says: {said.rstrip('. ')}"
        return _refuse(workspace, record, why, why.replace("the warehouse says", "das Lager sagt", 1))
    except UnknownOutcome:
        return _answer(workspace, record, Answer.LABEL_UNKNOWN, problems.label_unknown(record.billbee_id))
    except UpstreamError as error:  # it certainly has made none
        workspace.ledger.note(record, label=None, why=str(error), call=CALL)
        raise
    workspace.labels.put(kept, label)
    workspace.count(Activity.LABELS)
    return _announce(workspace, record, replace(kept, stored=True))


def finish_label(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    """Tell where a label is, after an interrupted run had only announced it."""
    return _tell_ready(workspace, record, maybe_told=True)


def forget_answer(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    """The merchant took the tag off: the next one asks anew. A label that is good is told of again; one of which
    nobody knows whether it was made stays so.
    """
    notices = {kind: told for kind, told in _without_answers(record).items() if kind != Wish.LABEL}
    return workspace.ledger.note(record, notices=notices)


def is_asked(record: LedgerOrder) -> bool:
    """Whether what an operator has asked for was not answered yet."""
    return not LABEL_ANSWERS & {kind for kind, told in record.notices.items() if told}


def ask_for_label(ledger: Ledger, record: LedgerOrder, send: Sender, correlation_id: str, *, again: bool) -> bool:
    """Have a label made for an operator. False if there is one already: then it only has to be fetched.

    Args:
        send: to the queue push-orders.
        again: also if an earlier call may have made one. The operator has asked the warehouse.

    Raises:
        NoLabel: it cannot be made, or not without ``again``.
        LedgerConflict: a worker has just moved the order.
    """
    if record.rehearsal:
        raise NoLabel("it was only rehearsed: there is nothing that could come back")
    if record.is_quarantined:
        raise NoLabel("it is quarantined: no job touches it", f"orderbridge order retry {record.billbee_id}")
    if record.status not in HAS_LEFT:
        raise NoLabel(f"it is {record.status}: there is nothing yet that could come back")
    if record.label is not None and record.label.is_good(ledger.now()):
        if again:
            raise NoLabel("there is a label, which is still good", "leave --again out, and it is written to the file")
        return False
    in_doubt = record.label is not None and not record.label.stored
    lost = record.label is None and Answer.LABEL_READY in record.notices
    if (in_doubt or lost) and not again:
        said = "the warehouse gave no answer" if in_doubt else "the ledger has lost what it knew of it"
        raise NoLabel(
            f"the warehouse was asked for one already, and {said}: it may have made one",
            "ask the warehouse; if it made none: the same with --again, which may cost a second label",
        )
    # A new version, so that the queue does not take the message for a repetition. What the message finds decides: one
    # that is delivered twice finds the first one's claim, or answer.
    record = ledger.note(
        record, label=None, notices=_without_answers(record), why="an operator asked for a return label", call=_TOOL
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


_TOOL: Final = "orderbridge order return-label"


def _refuse(workspace: Workspace, record: LedgerOrder, why: str, german: str) -> LedgerOrder:
    why = why if why.startswith("the warehouse") else f"the warehouse was asked, but {why}"
    german = german if german.startswith("das Lager") else f"das Lager wurde gefragt, aber {german}"
    problem = problems.label_refused(why, german, workspace.tags.return_label)
    return _answer(workspace, replace(record, label=None), Answer.LABEL_REFUSED, problem)


def _answer(workspace: Workspace, record: LedgerOrder, answer: Answer, problem: Problem) -> LedgerOrder:
    """Note an answer as intended, with its text as the record's reason, then give it."""
    text = problem.say(workspace.settings.language)
    record = workspace.ledger.note(
        record,
        why=problem.text,
        call=CALL,
        reason=text,
        notices=_without_answers(record) | {answer.value: False},
        settles_at=None,
    )
    return tell(workspace, record, answer.value, text, workspace.tags.label_refused, maybe_told=False)


def _announce(workspace: Workspace, record: LedgerOrder, label: KeptLabel) -> LedgerOrder:
    maybe_told = record.notices.get(Answer.LABEL_READY) is False
    over = record.reason is not None and _OF_A_LABEL.search(record.reason)
    record = workspace.ledger.note(
        record,
        why=f"a return label is kept until {label.expires_at:%Y-%m-%d}",
        call=CALL,
        label=label,
        reason=None if over else record.reason,
        notices=_without_answers(record) | {Answer.LABEL_READY.value: False},
    )
    return _tell_ready(workspace, record, maybe_told=maybe_told)


def _tell_ready(workspace: Workspace, record: LedgerOrder, *, maybe_told: bool) -> LedgerOrder:
    """The link is read from where the label is: the ledger does not know it."""
    opened = workspace.labels.open(record.label.key) if record.label is not None else None
    if record.label is None or opened is None:  # it has expired meanwhile, or somebody has removed it
        return workspace.ledger.note(record, label=None, notices=_without_answers(record))
    link, until = workspace.labels.link(record.label.key, opened), f"{record.label.expires_at:%Y-%m-%d}"
    text = problems.label_ready(link, until).say(workspace.settings.language)
    return tell(workspace, record, Answer.LABEL_READY.value, text, workspace.tags.label_ready, maybe_told=maybe_told)


def _without_answers(record: LedgerOrder) -> dict[str, bool]:
    return {kind: told for kind, told in record.notices.items() if kind not in LABEL_ANSWERS}
