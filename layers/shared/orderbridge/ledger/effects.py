"""An effect: something about one order that must still be said to a vendor, once.

An order's record holds what is true, and a list of effects. An effect leaves the list when it is done or refused; the
record then holds the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any


class EffectKind(StrEnum):
    """What is said, and to whom. Each kind has its own way to look it up and to say it."""

    MESSAGE = "message"
    """A message on the Billbee order."""
    TAG = "tag"
    """Tags on the Billbee order."""
    SHIPMENT = "shipment"
    """A parcel of the Billbee order."""
    RETURN_PARCEL = "return parcel"
    """A parcel that came back, on the Billbee order."""
    STATE = "state"
    """The Billbee order's state "shipped"."""
    TAKEN_OVER = "taken over"
    """The Billbee order's state, once the warehouse has the order."""
    HOLD = "hold"
    RELEASE = "release"
    CHANGE = "change"
    """The content of the order as it is now in Billbee, for the warehouse."""
    CANCELLATION = "cancellation"
    LABEL = "label"
    """The warehouse has to create a return label."""
    LABEL_MESSAGE = "label message"
    """A message with the link of a return label. The link must not be in the record."""
    INVOICE_CANCELLATION = "invoice cancellation"

    @property
    def listener(self) -> str:
        """To whom it is said. Effects for one listener are said in sequence."""
        if self is EffectKind.INVOICE_CANCELLATION:
            return "billing"
        return "warehouse" if self in _FOR_THE_WAREHOUSE else "hub"


_FOR_THE_WAREHOUSE = frozenset(
    {EffectKind.HOLD, EffectKind.RELEASE, EffectKind.CHANGE, EffectKind.CANCELLATION, EffectKind.LABEL}
)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One thing to say.

    Attributes:
        key: names it among the effects of its order.
        body: what is said, as the kind needs it, in DynamoDB's types. No personal data and no secret.
        attempts: how many calls for it have failed.
        not_before: the earliest time of the next call.
        settles_at: until when a call that was begun may land; None if certainly none is under way.
        doubted: an earlier call got no answer.
        reason: why the last attempt failed.
        aloud: text for the shop only, which only the run that created the effect knows. Other runs use
            ``body["text"]``.
    """

    kind: EffectKind
    key: str
    body: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0
    not_before: datetime | None = None
    settles_at: datetime | None = None
    doubted: bool = False
    reason: str | None = None
    aloud: str | None = field(default=None, repr=False, compare=False)

    @property
    def text(self) -> str:
        """What to say now."""
        return str(self.body["text"]) if self.aloud is None else self.aloud

    def is_said_by(self, text: str) -> bool:
        """Whether an existing text is the one to be said."""
        return _digest(text) in (_digest(self.text), self.body.get("digest"))

    def waits(self, now: datetime) -> bool:
        """Whether it is too early for the next try."""
        return self.not_before is not None and self.not_before > now


def message(key: str, text: str, *tags: str, aloud: str | None = None) -> tuple[Effect, ...]:
    """Post a message, then the tags that go with it.

    Args:
        aloud: the message for the shop, if it has a vendor's words that may be personal data; ``text`` is without them.
    """
    said = Effect(kind=EffectKind.MESSAGE, key=str(key), body=_words(text, aloud), aloud=aloud)
    return (said, tag(key, *tags)) if tags else (said,)


def tag(of: str, *tags: str) -> Effect:
    """Attach tags. ``of``: the key of the effect that they belong to."""
    return Effect(kind=EffectKind.TAG, key=f"{of} tags", body={"tags": list(tags)})


def return_parcel(key: str, tracking_number: str, text: str, *, aloud: str | None = None) -> Effect:
    """Post a parcel that came back. ``text``, ``aloud``: its comment, as in `message`."""
    body = {"number": tracking_number, "text": text}
    return Effect(kind=EffectKind.RETURN_PARCEL, key=str(key), body=body, aloud=aloud)


def first_due(effects: Iterable[Effect], now: datetime, without: Set[str] = frozenset()) -> Effect | None:
    """The next effect that may be said: the first for its listener, unless that one waits.

    Args:
        without: listeners to whom nothing can be said now.
    """
    waiting = set(without)
    for effect in effects:
        if effect.kind.listener in waiting:
            continue
        if not effect.waits(now):
            return effect
        waiting.add(effect.kind.listener)
    return None


def waiting_parcels(effects: Iterable[Effect]) -> set[str]:
    """The tracking numbers of the parcels that are still to be posted."""
    return {effect.body["number"] for effect in effects if effect.kind is EffectKind.SHIPMENT}


def added(effects: Iterable[Effect], *new: Effect) -> tuple[Effect, ...]:
    """The effects with new ones at the end. An equal effect stays, with its attempts. An effect with another body under
    the same key is replaced.
    """
    by_key = {effect.key: effect for effect in effects}
    for one in new:
        there = by_key.get(one.key)
        if there is None or (there.kind, there.body) != (one.kind, one.body):
            by_key[one.key] = one
    return tuple(by_key.values())


def _words(text: str, aloud: str | None) -> dict[str, str]:
    return {"text": text} | ({} if aloud is None or aloud == text else {"digest": _digest(aloud)})


def _digest(text: str) -> str:
    """The same for texts that differ by white space only."""
    return sha256(" ".join(text.split()).encode()).hexdigest()
