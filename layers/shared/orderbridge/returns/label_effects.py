"""Return labels (R24): having one created, and telling the merchant where to open it.

The warehouse's call creates a label each time and may charge for it, and existing labels cannot be listed. So before
the call, the order's record names the place where the label will be kept. If there is no answer and no label in that
place, the call is not repeated: the merchant is told, and an operator decides.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from orderbridge.effects.answers import answer_tags
from orderbridge.effects.messages import Messages
from orderbridge.effects.saying import Outcome
from orderbridge.ledger.effects import Effect, EffectKind, tag
from orderbridge.ledger.order import scrubbed
from orderbridge.ledger.told import LABEL_ANSWERS, Answer
from orderbridge.merchants.activity import Activity
from orderbridge.platform.errors import NotFound, UnknownOutcome, UpstreamError
from orderbridge.platform.texts import masked
from orderbridge.returns import problems as return_problems
from orderbridge.returns.return_label import UnusableLabel

if TYPE_CHECKING:
    from collections.abc import Callable

    from orderbridge.effects.answers import Answers
    from orderbridge.effects.messages import Hub
    from orderbridge.effects.saying import About, OrderSource
    from orderbridge.ledger.kept_label import KeptLabel
    from orderbridge.ledger.order_number import OrderNumber
    from orderbridge.ledger.problem import Problem
    from orderbridge.ledger.record import LedgerOrder, RecordChanges
    from orderbridge.ledger.tags import Tags
    from orderbridge.platform.errors import Refused
    from orderbridge.returns.label_store import ReturnLabels
    from orderbridge.returns.return_label import ReturnLabel

CALL: Final = "bibi return_label"
_OF_A_LABEL: Final = re.compile(r"\[OB-70[23]\]\Z")


class Labels:
    """Has a label created, and keeps it in the place that the record names.

    Args:
        make: the warehouse's call. Raises UnusableLabel.
        labels: where labels are kept.
    """

    repeatable = False

    def __init__(
        self, make: Callable[[OrderNumber], ReturnLabel], labels: ReturnLabels, hub: OrderSource, answers: Answers
    ) -> None:
        self._make = make
        self._labels = labels
        self._hub = hub
        self._answers = answers

    def look(self, about: About, effect: Effect) -> Outcome | None:
        label = about.record.label
        if label is not None and self._labels.open(label.key) is not None:
            return ready(self._answers.tags, about.record, replace(label, stored=True))
        return self._unknown(about)

    def say(self, about: About, effect: Effect) -> Outcome:
        kept = about.record.label
        assert kept is not None, "the place is noted with the intention"
        try:
            label = self._make(about.record.number)
        except UnusableLabel as unusable:
            german = f"das Lager wurde gefragt, aber {unusable.german}"
            return self._refused(about, f"the warehouse was asked, but {unusable}", german)
        except UnknownOutcome:
            return self._unknown(about)
        self._labels.put(kept, label)
        return replace(ready(self._answers.tags, about.record, replace(kept, stored=True)), activity=Activity.LABELS)

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        words = self._scrubbed(about, error.detail).rstrip(". ")
        return self._refused(about, f"the warehouse says: {words}", f"das Lager sagt: {words}")

    def _refused(self, about: About, why: str, german: str) -> Outcome:
        problem = return_problems.label_refused(why, german, self._answers.tags.return_label)
        return self._answered(about, Answer.LABEL_REFUSED, problem, None)

    def _unknown(self, about: About) -> Outcome:
        record = about.record
        return self._answered(
            about, Answer.LABEL_UNKNOWN, return_problems.label_unknown(record.billbee_id), record.label
        )

    def _answered(self, about: About, kind: Answer, problem: Problem, label: KeptLabel | None) -> Outcome:
        told = about.record.told - LABEL_ANSWERS
        return self._answers.outcome(kind, problem, call=CALL, told=told, label=label)

    def _scrubbed(self, about: About, detail: str) -> str:
        """Without the order's data, names cannot be recognised."""
        try:
            return scrubbed(detail, about.order(self._hub))
        except UpstreamError:
            return masked(detail)


class LabelMessages(Messages):
    """Tells the merchant where a label is. The link is read from the bucket, because the ledger does not hold it."""

    def __init__(self, hub: Hub, labels: ReturnLabels, answers: Answers) -> None:
        super().__init__(hub)
        self._labels = labels
        self._answers = answers

    def worded(self, about: About, effect: Effect) -> Effect | None:
        label = about.record.label
        opened = self._labels.open(label.key) if label is not None else None
        if label is None or opened is None:
            return None
        link, until = self._labels.link(label.key, opened), f"{label.expires_at:%Y-%m-%d}"
        return replace(effect, aloud=return_problems.label_ready(link, until).say(self._answers.language))

    def nothing(self, about: About) -> Outcome:
        """The label has expired meanwhile, or was removed."""
        record, own = about.record, _tell_ready(self._answers.tags)
        left = tuple(effect for effect in record.effects if effect.key not in {one.key for one in own})
        return Outcome(changes={"label": None, "told": record.told - LABEL_ANSWERS, "effects": left})


def ready(tags: Tags, record: LedgerOrder, label: KeptLabel) -> Outcome:
    """There is a label; the merchant is told next."""
    changes: RecordChanges = {"label": label, "told": record.told - LABEL_ANSWERS}
    if record.reason is not None and _OF_A_LABEL.search(record.reason):
        changes["reason"] = None
    why = f"a return label is kept until {label.expires_at:%Y-%m-%d}"
    return Outcome(why, CALL, None, changes, None, _tell_ready(tags))


def _tell_ready(tags: Tags) -> tuple[Effect, ...]:
    said = Effect(kind=EffectKind.LABEL_MESSAGE, key=Answer.LABEL_READY.value)
    return said, tag(said.key, answer_tags(tags)[Answer.LABEL_READY])
