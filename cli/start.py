"""`orderbridge jobs start`: start a job now, and say how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands import EveryMerchantOption
from cli.failures import FOUND_TROUBLE, BadInput, nearest
from cli.jobs import STOPPED
from cli.tool import Tool
from cli.waiting import Run, Runs, WaitOption

if TYPE_CHECKING:
    from orderbridge.jobs.messages import JobMessage


def start(
    tool: Tool,
    job: Annotated[str, typer.Argument(metavar="JOB", help="e.g. poll-orders, pull-tracking, sync-stock.")],
    scope: Annotated[
        str | None,
        typer.Option(
            "--scope",
            help="poll-orders: changes, all, stuck; pull-tracking: open, all; check-billing: due, all.",
        ),
    ] = None,
    wait: WaitOption = None,
    merchant: EveryMerchantOption = None,
) -> None:
    """Start a job now, as its schedule does: for one merchant, or for all that are not paused.

    With --wait, until the next run of it has ended for each of them.
    """
    from orderbridge.jobs.start_jobs import JOBS, NotStarted, parse_job, why_not_started
    from orderbridge.platform.errors import MessageError

    if job not in JOBS:
        raise BadInput(f"there is no job {job!r}", nearest(job, JOBS))
    try:
        asked = parse_job({"job": job} | ({"scope": scope} if scope else {}))
    except MessageError as error:
        raise BadInput(f"{job} cannot be started so: {error}") from None
    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    messages: list[JobMessage] = []
    left: dict[NotStarted, list[str]] = {why: [] for why in NotStarted}
    for name in names:
        why = why_not_started(job, name, tool.settings_texts[name], tool.listing.pause)
        if why is not None:
            left[why].append(name)
            continue
        messages.append(asked.message(name, tool.correlation_id, tool.clock.now()))
    started = [message.merchant for message in messages]
    runs = Runs(tool, [Run(one.merchant, one.health_name) for one in messages] if wait is not None else [])
    for message in messages:
        tool.senders[asked.queue]([message])
    outcomes = {}
    if started and wait is not None and tool.found.processes:
        tool.out.progress(f"{job} is started; waiting …")
        outcomes = {run.merchant: outcome for run, outcome in runs.outcomes(wait).items()}

    def render() -> None:
        if started:
            tool.out.line(f"{job} is started for {', '.join(started)}")
            if not tool.found.processes:
                tool.out.line(f"It waits in its queue: {STOPPED}", style="yellow")
        for name, outcome in outcomes.items():
            tool.out.line(f"{name}: {outcome.text}", style="green" if outcome.well else "red")
        for why, those in left.items():
            if those:
                tool.out.line(f"not for {', '.join(those)}: {why}", style="yellow")

    paused, broken = left[NotStarted.PAUSED], left[NotStarted.BAD_SETTINGS]
    answer = {"job": job, "started": started, "paused": paused, "bad_settings": broken}
    tool.out.show(
        answer
        | {"processing": tool.found.processes, "correlation_id": tool.correlation_id}
        | ({} if wait is None else {"outcomes": outcomes}),
        render,
    )
    is_well = wait is None or (len(outcomes) == len(started) and all(one.well for one in outcomes.values()))
    if not started or not is_well:
        raise typer.Exit(FOUND_TROUBLE)
