"""Answers to a wish of the merchant, or messages about the order itself: a message, and a tag to filter by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

from orderbridge.effects.saying import Outcome
from orderbridge.ledger.effects import message
from orderbridge.ledger.told import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderbridge.ledger.effects import Effect
    from orderbridge.ledger.lifecycle import Status
    from orderbridge.ledger.problem import Language, Problem
    from orderbridge.ledger.record import RecordChanges
    from orderbridge.ledger.tags import Tags
    from orderbridge.merchants.activity import Activity

FOLLOW_CHANGES = "follow changes"


def answer_tags(tags: Tags) -> Mapping[Answer, str]:
    return {
        Answer.CANCELLED: tags.cancelled,
        Answer.CANCEL_REFUSED: tags.cancel_refused,
        Answer.HOLD_REFUSED: tags.hold_refused,
        Answer.RELEASE_REFUSED: tags.hold_refused,
        Answer.CHANGE_REFUSED: tags.change_refused,
        Answer.LABEL_READY: tags.label_ready,
        Answer.LABEL_REFUSED: tags.label_refused,
        Answer.LABEL_UNKNOWN: tags.label_refused,
        Answer.TOTAL_DIFFERS: tags.total_differs,
        Answer.CONTENT_DIFFERS: tags.content_differs,
    }


@dataclass(frozen=True)
class Answers:
    """The answers of one merchant, with its tags and in its language."""

    tags: Tags
    language: Language

    def effects(self, kind: Answer, text: str) -> tuple[Effect, ...]:
        """The answer to a change comes with the received tag, so a later change can be asked for in the same way."""
        more = [self.tags.received] if kind is Answer.CHANGE_REFUSED else []
        return message(kind, text, answer_tags(self.tags)[kind], *more)

    def outcome(
        self,
        kind: Answer,
        problem: Problem,
        *,
        call: str = FOLLOW_CHANGES,
        to: Status | None = None,
        activity: Activity | None = None,
        **changes: Unpack[RecordChanges],
    ) -> Outcome:
        """An effect ends with an answer, whose text becomes the order's reason."""
        text = problem.say(self.language)
        return Outcome(problem.text, call, to, {"reason": text, **changes}, activity, self.effects(kind, text))
