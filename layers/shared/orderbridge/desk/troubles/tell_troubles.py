"""Tell each new and each ended trouble by one notification, unless there are too many at once (R33)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orderbridge.desk.troubles.trouble import EVERYBODY, Change, Severity
from orderbridge.desk.wording import in_utc, listed
from orderbridge.platform.errors import NotSent
from orderbridge.platform.observability import logger

AT_ONCE: Final = 20
"""How many notifications one pass sends; the other changes share one."""
SEVERAL: Final = "several"
"""The kind of a notification about several troubles."""
_LONGEST_SUBJECT: Final = 100
_SEVERITIES: Final = list(Severity)

Publish = Callable[[str, str, Mapping[str, str]], None]
"""Sends a subject, a text and attributes. Raises NotSent."""


@dataclass(frozen=True)
class Notification:
    """A notification and the changes that it tells."""

    subject: str
    text: str
    attributes: Mapping[str, str]
    tells: Sequence[Change]


def tell(changes: Iterable[Change], stage: str, publish: Publish, note: Callable[[Sequence[Change]], None]) -> bool:
    """Send the notifications, new troubles first, and of those the worst. Stops if SNS takes nothing.

    Args:
        note: called after each sent notification, with the changes that it told.

    Returns:
        Whether all was sent.
    """
    for one in notifications(changes, stage):
        try:
            publish(one.subject, one.text, one.attributes)
        except NotSent as error:
            logger.error("Trouble not told", extra={"error": str(error), "subject": one.subject})
            return False
        note(one.tells)
    return True


def notifications(changes: Iterable[Change], stage: str) -> list[Notification]:
    """One for each change, and one for all beyond the limit."""
    ordered = sorted(changes, key=_urgency)
    alone = ordered[:AT_ONCE] if len(ordered) > AT_ONCE + 1 else ordered
    several = ordered[len(alone) :]
    return [_one(change, stage) for change in alone] + ([_several(several, stage)] if several else [])


def _urgency(change: Change) -> tuple[bool, int, str, str]:
    return change.state != "new", _SEVERITIES.index(change.severity), change.merchant, change.key


def _one(change: Change, stage: str) -> Notification:
    whose = "all merchants" if change.merchant == EVERYBODY else f"merchant {change.merchant}"
    about = f" ({change.about})" if change.about else ""
    jobs = "" if change.merchant == EVERYBODY else f" --merchant {change.merchant}"
    if change.ended_at is None:
        title = f"{change.severity.value} - {change.kind}{about}, {whose}"
        head = f"{change.what}."
        when = f"Seen first: {in_utc(change.since)}"
        do = f"What to do: {change.remedy}"
    else:
        title = f"over - {change.kind}{about}, {whose}"
        head = f"This is over: {change.what}."
        when = f"Seen first: {in_utc(change.since)}. Not seen since: {in_utc(change.ended_at)}"
        do = "What to do: nothing."
    lines = [
        head,
        "",
        f"Trouble: {change.kind}{about}, {whose}",
        f"Severity: {change.severity.value}",
        when,
        do,
        f"More: `orderbridge jobs{jobs} --stage {stage}`; docs/runbook.md, section {change.kind}.",
    ]
    attributes = {
        "merchant": change.merchant,
        "kind": change.kind.value,
        "severity": change.severity.value,
        "state": change.state,
    }
    return Notification(_subject(stage, title), "\n".join(lines), attributes, [change])


def _several(changes: Sequence[Change], stage: str) -> Notification:
    """The changes beyond the limit."""
    by_state = Counter(change.state for change in changes)
    parts = [f"{by_state['new']} more are new"] * bool(by_state["new"])
    parts += [f"{by_state['ended']} more are over"] * bool(by_state["ended"])
    groups: dict[tuple[str, str, str], list[str]] = {}
    for change in changes:
        groups.setdefault((change.state, change.severity, change.kind), []).append(change.merchant)
    lines = [f"Too many troubles changed at once to tell each: {' and '.join(parts)}.", ""]
    for (state, severity, kind), merchants in groups.items():
        names = listed(list(dict.fromkeys(merchants)))
        lines.append(f"{state}, {severity}: {kind}, {len(merchants)} times: {names}")
    lines += ["", f"Look at all of them with `orderbridge jobs --stage {stage}`, or on the board."]
    attributes = {
        "merchant": EVERYBODY,
        "kind": SEVERAL,
        "severity": min((change.severity for change in changes), key=_SEVERITIES.index).value,
        "state": "new" if by_state["new"] else "ended",
    }
    return Notification(_subject(stage, f"troubles: {', '.join(parts)}"), "\n".join(lines), attributes, changes)


def _subject(stage: str, title: str) -> str:
    text = f"orderbridge {stage}: {title}"
    plain = "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in text)
    return plain if len(plain) <= _LONGEST_SUBJECT else f"{plain[: _LONGEST_SUBJECT - 3]}..."
