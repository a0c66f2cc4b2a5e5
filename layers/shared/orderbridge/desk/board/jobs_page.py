"""How the jobs went, and what is wrong with the merchants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orderbridge.desk.board.action import Action, action_list
from orderbridge.desk.board.layout import badge, merchant_chooser, page, quiet, table, url
from orderbridge.desk.board.markup import Content, Markup, el
from orderbridge.desk.board.worklist import Work
from orderbridge.desk.wording import NOTHING

if TYPE_CHECKING:
    from orderbridge.desk.board.reader import Reader
    from orderbridge.desk.board.workbench import JobLine, Workbench
    from orderbridge.desk.board.worklist import Entry


def jobs_page(say: Reader, bench: Workbench, actions: Sequence[Action] = ()) -> str:
    """Troubles and jobs of all merchants, or of one. ``actions``: what may be started or paused."""
    bad = [line for line in bench.jobs if line.is_bad]
    good = [line for line in bench.jobs if not line.is_bad]
    troubles = [entry for entry in bench.work if entry.work is Work.TROUBLE]
    listed: Content = [_trouble(say, entry) for entry in troubles]
    return page(
        say,
        say("Jobs and troubles"),
        merchant_chooser(say, bench.shops, bench.chosen),
        el("section", el("h2", say("Do")), action_list(actions), class_="panel") if actions else None,
        el(
            "section",
            el("h2", say("Troubles"), el("span", say.number(len(troubles)), class_="count")),
            el("ul", listed, class_="entries") if troubles else quiet(say("None.")),
            class_=f"panel {'edged bad' if troubles else ''}".strip(),
        ),
        el("section", _table(say, say("Disturbed"), bad), class_="panel edged bad") if bad else None,
        el("section", _table(say, say("In time"), good), class_="panel") if good else None,
        None if bench.jobs else quiet(say("No job has run yet.")),
    )


def job_summary(say: Reader, lines: Sequence[JobLine]) -> Markup:
    """One line for the first screen; what is bad stands above all orders there."""
    bad = sum(line.is_bad for line in lines)
    good = len(lines) - bad
    words = (
        badge(say.count(bad, "{n} disturbed", "{n} disturbed"), "bad") if bad else None,
        " " if bad else None,
        badge(say.count(good, "{n} in time", "{n} in time"), "good" if not bad else ""),
    )
    return el("p", el("a", say("Jobs"), href=url("/jobs")), " ", words, class_="small jobs-line")


def _trouble(say: Reader, entry: Entry) -> Markup:
    notice = entry.is_notice
    since = (el("span", say("for {span}", span=say.age(entry.since)), class_="age"),) if entry.since else ()
    seen = entry.acknowledged
    return el(
        "li",
        el("div", badge(say("notice" if notice else "trouble"), "" if notice else "bad"), " ",
           el("strong", entry.merchant), since, class_="line"),
        el("p", say.noted(entry.words)),
        el("p", say.noted(entry.remedy), class_="quiet small") if entry.remedy != NOTHING else None,
        el("p", say("acknowledged by {name}", name=seen.by), ", ", say.brief(seen.at), class_="quiet small")
        if seen
        else None,
    )  # fmt: skip


def _table(say: Reader, title: str, lines: Sequence[JobLine]) -> Markup:
    rows = [
        (
            line.job.job,
            line.merchant,
            _how_it_went(say, line),
            say.brief(line.job.succeeded_at) or say("never"),
            say.brief(line.job.failed_at) or say("never"),
        )
        for line in lines
    ]
    headings = (say("Job"), say("Merchant"), say("How it went"), say("Last success"), say("Last failure"))
    return table(title, headings, rows)


def _how_it_went(say: Reader, line: JobLine) -> Content:
    if line.job.error:
        return badge(say("failed"), "bad"), " ", say.noted(line.job.error)
    return badge(say("overdue"), "bad") if line.overdue else badge(say("fine"), "good")
