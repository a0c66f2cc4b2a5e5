"""`orderbridge jobs`: how each job last went, the present troubles, and starting one now."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import typer

from cli import times
from cli.commands import EveryMerchantOption, group, overview
from cli.failures import FOUND_TROUBLE
from cli.output import styled
from cli.tool import Tool

STOPPED: Final = "this deployment is stopped (Processing is off); no schedule and no worker runs"

app = group("How each job went last, and what is wrong; start one now.", has_overview=True)


@overview(app, watched=True)
def jobs(tool: Tool, merchant: EveryMerchantOption = None) -> None:
    """How each job last went, and what is wrong; `jobs start` starts one now."""
    from orderbridge.desk.troubles.find_troubles import find_troubles, find_vanished
    from orderbridge.desk.troubles.trouble import Severity
    from orderbridge.merchants.health import Health

    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    health = Health(tool.deployment.table, tool.clock)
    found = [(name, job) for name in names for job in health.jobs(name)]
    texts = {name: tool.settings_texts[name] for name in names}
    table, clock = tool.deployment.table, tool.clock
    troubles = find_troubles(texts, table, clock, tool.listing.pause)
    troubles += [] if merchant else find_vanished(tool.settings_texts, table, clock)
    failed = _failed_messages(tool, merchant)
    now = tool.clock.now()

    def render() -> None:
        rows = []
        for name, job in found:
            mark = styled("wrong" if job.error else "ok")
            mark.plain = "failed" if job.error else "ok"
            last = job.failed_at if job.error else job.succeeded_at
            told = f"{job.error}; succeeded {times.ago(job.succeeded_at, now)}" if job.error else ""
            rows.append((name, job.job, mark, times.ago(last, now), told))
        if rows:
            tool.out.table(("merchant", "job", "last", "when", "why"), rows)
        else:
            tool.out.line("no job has run yet")
        tool.out.line()
        for trouble in troubles:
            since = f", seen first {times.ago(trouble.since, now)}" if trouble.since else ""
            style = "yellow" if trouble.severity is Severity.NOTICE else "red"
            tool.out.line(f"✗ {trouble.merchant}: {trouble.what} ({trouble.severity}{since})", style=style)
            tool.out.line(f"→ {trouble.remedy}", indent=4)
        for queue, count in failed.items():
            messages = "message has" if count == 1 else "messages have"
            tool.out.line(f"✗ {count} {messages} failed in {queue}", style="red")
            tool.out.line("→ orderbridge failed list says why", indent=4)
        if not tool.found.processes:
            tool.out.line(f"✗ {STOPPED}", style="red")
            tool.out.line("→ docs/runbook.md, Stop everything", indent=4)
        elif not troubles and not failed:
            tool.out.line("nothing is overdue, silent or stuck", style="green")

    answer: dict[str, Any] = {
        "processing": tool.found.processes,
        "jobs": [{"merchant": name, **vars(job)} for name, job in found],
        "troubles": [
            {
                "merchant": one.merchant,
                "kind": one.kind,
                "what": one.what,
                "remedy": one.remedy,
                "count": one.count,
                "about": one.about,
                "since": one.since,
                "severity": one.severity,
            }
            for one in troubles
        ],
        "failed_messages": failed,
    }
    tool.out.show(answer, render)
    if troubles or failed or not tool.found.processes:
        raise typer.Exit(FOUND_TROUBLE)


def _failed_messages(tool: Tool, merchant: str | None) -> dict[str, int]:
    """How many dead letters each queue has, of one merchant or of all; only queues that have some."""
    letters = tool.deployment.dead_letters
    if merchant is not None:
        return dict(Counter(one.queue for one in letters.all() if one.merchant == merchant))
    return {queue: count for queue, count in letters.counts().items() if count}
