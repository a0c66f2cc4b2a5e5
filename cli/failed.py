"""`orderbridge failed`: messages that could not be processed, sending them on again, and giving them up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import times
from cli.commands import EveryMerchantOption, command, group
from cli.failures import FOUND_TROUBLE, BadInput, NotThere, nearest
from cli.tool import Tool
from cli.waiting import Run, Runs, WaitOption

if TYPE_CHECKING:
    from orderbridge.jobs.dead_letters import DeadLetter

app = group("Messages that could not be processed: why; send them on again, or give them up.")
_SHORT = 8
"""Characters of a message's id that people see and type."""

QueueOption = Annotated[
    str | None,
    typer.Option("--queue", metavar="QUEUE", help="Only this one, e.g. push-orders; or one job, e.g. send-digest."),
]


@command(app, "list", watched=True)
def list_failed(tool: Tool, queue: QueueOption = None, merchant: EveryMerchantOption = None) -> None:
    """The dead letters of all queues with their reason, the oldest first. Reading does not remove them."""
    letters = _letters(tool, queue, merchant)
    now = tool.clock.now()

    def render() -> None:
        if not letters:
            tool.out.line("no message has failed", style="green")
            return
        rows = [
            (
                one.message_id[:_SHORT],
                one.job or one.queue,
                one.merchant,
                times.age(one.sent_at, now),
                f"{_about(one)}{one.reason}",
            )
            for one in letters
        ]
        tool.out.table(("message", "job", "merchant", "for", "reason"), rows)
        tool.out.line()
        tool.out.line("Once the reason is fixed: orderbridge failed redrive --queue QUEUE, or with MESSAGE for one.")

    tool.out.show({"failed": letters}, render)
    if letters:
        raise typer.Exit(FOUND_TROUBLE)


@command(app, "show")
def show(
    tool: Tool,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="Its id, or how that begins.")],
) -> None:
    """Everything about one message. The content of an order is not shown, because it holds personal data."""
    letter = _chosen(_letters(tool, None, None), message)

    def render() -> None:
        tool.out.line(letter.message_id, style="bold")
        fields = [
            ("queue", letter.queue),
            ("job", letter.job or "not ours"),
            ("merchant", letter.merchant),
            ("reason", letter.reason),
            ("sent", f"{times.local(letter.sent_at)} ({times.ago(letter.sent_at, tool.clock.now())})"),
            ("deliveries", str(letter.receives)),
            *((name, str(value)) for name, value in letter.body_summary.items()),
        ]
        tool.out.fields(fields, indent=2)
        if order := letter.body_summary.get("billbee_id"):
            tool.out.line(f"→ orderbridge order show {order} --merchant {letter.merchant}", indent=2)

    tool.out.show({"message": letter}, render)


@command(app, "redrive")
def redrive(
    tool: Tool,
    message: Annotated[str | None, typer.Argument(metavar="[MESSAGE]", help="Its id, or how that begins.")] = None,
    queue: QueueOption = None,
    wait: WaitOption = None,
) -> None:
    """Send dead letters to their queue again: one, or all of a queue. Every job may be run twice.

    With --wait, until the next run of each message's job has ended.
    """
    where, ids, job = _meant(tool, message, queue)
    runs = Runs(tool, _runs(tool, where, ids, job) if wait is not None else [])
    count = tool.deployment.dead_letters.redrive(where, ids, job=job)
    outcomes = {}
    if wait is not None and count:
        tool.out.progress(f"{_messages(count)} sent to {where} again; waiting …")
        outcomes = runs.outcomes(wait)

    def render() -> None:
        tool.out.line(f"{_messages(count)} sent to {where} again")
        for run, outcome in outcomes.items():
            tool.out.line(f"{run.merchant} {run.name}: {outcome.text}", style="green" if outcome.well else "red")

    answer: dict[str, Any] = {"queue": where, "redriven": count}
    if wait is not None:
        answer["outcomes"] = [vars(run) | vars(outcome) for run, outcome in outcomes.items()]
    tool.out.show(answer, render)
    if (message is not None and not count) or not all(one.well for one in outcomes.values()):
        raise typer.Exit(FOUND_TROUBLE)


def _runs(tool: Tool, queue: str, ids: Collection[str] | None, job: str | None) -> list[Run]:
    """The jobs that these messages ask for. One that is not ours asks for none, and fails again."""
    from orderbridge.jobs.messages import health_name

    return [
        Run(one.merchant, health_name(one.job, one.body_summary.get("scope")))
        for one in tool.deployment.dead_letters.all()
        if one.queue == queue and (ids is None or one.message_id in ids) and one.job and job in (None, one.job)
    ]


@command(app, "discard")
def discard(
    tool: Tool,
    message: Annotated[str | None, typer.Argument(metavar="[MESSAGE]", help="Its id, or how that begins.")] = None,
    queue: QueueOption = None,
) -> None:
    """Delete dead letters for good: one, or all of a queue.

    The schedules find most of what a message asked for again, within a day: orders are in the ledger, and a dropped
    file stays in the bucket. To give up such a file, delete it too. A discarded digest is not sent.
    """
    where, ids, job = _meant(tool, message, queue)
    count = tool.deployment.dead_letters.discard(where, ids, job=job)
    told = f"{_messages(count)} deleted from the dead letters of {where}"
    tool.out.show({"queue": where, "discarded": count}, lambda: tool.out.line(told))
    if message is not None and not count:
        raise typer.Exit(FOUND_TROUBLE)


def _meant(tool: Tool, message: str | None, queue: str | None) -> tuple[str, list[str] | None, str | None]:
    """The intended messages: their queue, their ids or None for all, and their job or None for any."""
    if message is not None:
        letter = _chosen(_letters(tool, queue, None), message)
        return letter.queue, [letter.message_id], None
    if queue is None:
        raise BadInput("which messages?", "say a message, or all of a queue with --queue")
    where, job = _checked(tool, queue)
    return where, None, job


def _messages(count: int) -> str:
    return f"{count} {'message is' if count == 1 else 'messages are'}"


def _letters(tool: Tool, queue: str | None, merchant: str | None) -> list[DeadLetter]:
    wanted = None if merchant is None else tool.merchant(merchant)
    where, job = (None, None) if queue is None else _checked(tool, queue)
    letters = tool.deployment.dead_letters.all()
    return [
        one
        for one in letters
        if where in (None, one.queue) and job in (None, one.job) and wanted in (None, one.merchant)
    ]


def _checked(tool: Tool, name: str) -> tuple[str, str | None]:
    """The intended queue, and the job if the queue has several."""
    from orderbridge.jobs.messages import KINDS

    if name in tool.found.queues:
        return name, None
    if name in KINDS:
        return KINDS[name].QUEUE, name
    raise BadInput(f"there is no queue {name!r}", nearest(name, [*tool.found.queues, *KINDS]))


def _chosen(letters: Sequence[DeadLetter], message: str) -> DeadLetter:
    fitting = [one for one in letters if one.message_id.startswith(message)]
    if not fitting:
        raise NotThere(f"no failed message begins with {message!r}", "orderbridge failed list shows them")
    if len(fitting) > 1:
        raise BadInput(f"{len(fitting)} messages begin with {message!r}", "type more of its id")
    return fitting[0]


def _about(letter: DeadLetter) -> str:
    order = letter.body_summary.get("billbee_id")
    return f"order {order}: " if order else ""
