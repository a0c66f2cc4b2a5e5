"""Do what a dropped file says: announce goods to the warehouse, or change what was announced (R23).

A notice is claimed by its tracking number before it is sent. After a call without an answer, the warehouse is asked for
the notice before anything is sent again: what it has counts as sent, what is missing is added. So a file that is
delivered or dropped twice makes one notice.

The result file is written last. A file without one is taken up again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from orderbridge.effects.executor import SETTLES_AFTER_CRASH, SETTLES_AFTER_TIMEOUT
from orderbridge.inbound import problems
from orderbridge.inbound.files import LARGEST_FILE, read_file
from orderbridge.inbound.notice import Draft, Notice, NoticeLine, RowProblem, WarehouseNotice, check, warnings
from orderbridge.inbound.notice_records import OVER, REUSABLE, NoticeRecord
from orderbridge.inbound.products import known_products
from orderbridge.inbound.results import RESULT, Outcome, Result
from orderbridge.ledger.sku import Sku, by_sku
from orderbridge.merchants.activity import Activity
from orderbridge.platform.clock import STEP
from orderbridge.platform.errors import (
    AuthenticationError,
    NotFound,
    PermanentError,
    Refused,
    RetryableError,
    UnknownOutcome,
    UpstreamError,
)
from orderbridge.platform.observability import logger

if TYPE_CHECKING:
    from orderbridge.inbound.ports import Workspace
    from orderbridge.jobs.deliveries import Delivery
    from orderbridge.jobs.messages import AnnounceInbound
    from orderbridge.ledger.problem import Problem
    from orderbridge.platform.documents import Document, Documents


def announce_inbound(
    workspace: Workspace, delivery: Delivery[AnnounceInbound], *, documents: Documents
) -> Outcome | None:
    """Process the file and write the result beside it. Returns the outcome, or None if there was nothing to do.

    Raises:
        LedgerConflict: another worker processes the same notice.
        RetryableError, UnknownOutcome: the message must come again.
        PermanentError: the warehouse refuses the credentials or does not know the path; the file stays without a
            result.
    """
    key = delivery.message.key
    found = documents.head(key)
    if found is None:
        logger.info("File is gone", extra={"key": key})
        return None
    if _was_done(documents, found):
        return None
    result = _result(workspace, documents, found)
    if result is None:
        return None
    documents.put(key + RESULT, result.to_json(workspace.now(), workspace.settings.language), "application/json")
    logger.info(
        "File processed",
        extra={
            "key": key,
            "outcome": result.outcome,
            "notice": result.tracking_number,
            "problems": len(result.problems),
        },
    )
    return result.outcome


def _was_done(documents: Documents, found: Document) -> bool:
    """Whether this drop has a result. The same content, dropped again, is processed again, because the notice may have
    been deleted, or the merchant may have gone live.
    """
    there = documents.head(found.key + RESULT)
    if there is None or there.changed_at <= found.changed_at:  # S3's times have whole seconds
        return False
    content = documents.get(found.key + RESULT)
    if content is None:
        return False
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("etag") == found.etag


def _result(workspace: Workspace, documents: Documents, found: Document) -> Result | None:
    """The result of the file. None if it was changed or removed meanwhile, which causes a message of its own."""
    refused = Result(found.key, found.etag, "refused")
    if found.size > LARGEST_FILE:
        return replace(refused, problems=[RowProblem(None, None, problems.too_large(found.size, LARGEST_FILE))])
    content = documents.get(found.key, found.etag)
    if content is None:
        return None
    draft, wrong = check(read_file(found.key, content), workspace.now().date())
    if draft is None:
        return replace(refused, problems=wrong)
    refused = replace(refused, tracking_number=draft.tracking_number)
    lines: tuple[NoticeLine, ...] = draft.lines
    if draft.action in ("announce", "add"):
        lines, wrong = known_products(workspace, draft.lines)
        if wrong:
            return replace(refused, problems=wrong)
    done = replace(refused, lines=lines, remarks=warnings(lines))
    if workspace.rehearsing:
        return replace(done, outcome="checked", remarks=[RowProblem(None, None, problems.REHEARSAL), *done.remarks])
    if draft.header is not None:
        return _Announcing(workspace, Notice(draft.header, lines), done).result()
    return _Changing(workspace, draft, done).result()


class _Announcing:
    """Sends one notice to the warehouse."""

    def __init__(self, workspace: Workspace, notice: Notice, done: Result) -> None:
        self._ws = workspace
        self._notices = workspace.notices
        self._notice = notice
        self._done = done
        self._number = notice.header.tracking_number
        self._at_warehouse = workspace.warehouse.notices

    def result(self) -> Result:
        record = self._notices.get(self._number)
        if record is not None and record.status not in ("announcing", *REUSABLE):
            return self._already(record)
        if record is not None and record.status == "announcing" and record.content_hash != self._notice.content_hash:
            self._wait(record)
            if self._at_warehouse.get(self._number) is not None:
                return self._taken(f"orderbridge, {record.file.rpartition('/')[2]}")
            record = self._claim(record)  # the attempt with other content never landed
        elif record is None or record.status in REUSABLE:
            record = self._claim(record)
            try:
                there = self._at_warehouse.get(self._number)
            except UpstreamError:  # nothing was sent yet, so nothing can still land
                self._settles(record, timedelta(0))
                raise
            if there is not None:
                return self._complete(record, there)
        elif (there := self._at_warehouse.get(self._number)) is not None:
            return self._complete(record, there)
        else:
            self._wait(record)
            record = self._claim(record)
        return self._send(record)

    def _claim(self, before: NoticeRecord | None) -> NoticeRecord:
        """Claim the tracking number for this file. Of two workers only one succeeds."""
        header = self._notice.header
        again = before is not None and before.content_hash == self._notice.content_hash
        claimed = NoticeRecord(
            tracking_number=self._number,
            status="announcing",
            file=before.file if before is not None and again else self._done.file,
            content_hash=self._notice.content_hash,
            destination=header.destination,
            date_shipped=header.date_shipped,
            expected_delivery_date=header.expected_delivery_date,
            settles_at=self._ws.now() + SETTLES_AFTER_CRASH,
            version=before.version if before is not None else 0,
        )
        return self._notices.save(claimed)

    def _wait(self, record: NoticeRecord) -> None:
        wait = (record.settles_at - self._ws.now()).total_seconds() if record.settles_at else 0.0
        if wait > 0:
            raise RetryableError("announce inbound", "an earlier request may still land", retry_after=wait + 1)

    def _send(self, record: NoticeRecord) -> Result:
        self._ws.deadline.require(STEP)
        try:
            number = self._at_warehouse.create(self._notice)
        except UnknownOutcome as error:
            self._settles(record, SETTLES_AFTER_TIMEOUT if error.may_still_land else timedelta(0))
            raise
        except Refused as error:
            there = self._at_warehouse.get(self._number)
            return self._refused(record, error) if there is None else self._complete(record, there)
        except (RetryableError, PermanentError):  # certainly not processed
            self._settles(record, timedelta(0))
            raise
        there = self._at_warehouse.get(self._number)
        if there is None:
            # The warehouse said that it has the notice, so it is not announced twice, even if the look-up does not show
            # it.
            logger.warning("Notice created and not shown", extra={"notice": self._number})
            return self._announced(record, number)
        return self._complete(replace(record, number=number), there)

    def _settles(self, record: NoticeRecord, after: timedelta) -> None:
        self._notices.save(replace(record, settles_at=self._ws.now() + after))

    def _refused(self, record: NoticeRecord, error: Refused) -> Result:
        self._notices.save(replace(record, status="refused", settles_at=None))
        return replace(self._done, outcome="refused", problems=[RowProblem(None, None, problems.refused(str(error)))])

    def _complete(self, record: NoticeRecord, there: WarehouseNotice) -> Result:
        """The warehouse has a notice of this number: add what is missing, if everything else agrees with the file."""
        wanted = {Sku(line.sku): line for line in self._notice.lines}
        shown = by_sku(there.quantities)
        if any(sku not in wanted or wanted[sku].quantity != quantity for sku, quantity in shown.items()):
            self._notices.save(replace(record, status="refused", settles_at=None))
            return self._taken("the warehouse")
        refused: list[RowProblem] = []
        for line in (line for sku, line in wanted.items() if sku not in shown):
            if there.is_closed:
                refused.append(RowProblem(line.row, "sku", problems.is_closed(self._number)))
            elif (problem := add_line(self._ws, self._number, line)) is not None:
                refused.append(problem)
        return self._announced(record, record.number, refused)

    def _announced(self, record: NoticeRecord, number: str, refused: Sequence[RowProblem] = ()) -> Result:
        without = {problem.row for problem in refused}
        lines = [line for line in self._notice.lines if line.row not in without]
        self._notices.save(
            replace(
                record,
                status="open",
                number=number,
                announced={line.sku: line.quantity for line in lines},
                settles_at=None,
            )
        )
        self._ws.count(Activity.NOTICES_ANNOUNCED)
        return replace(self._done, outcome="announced", number=number, lines=lines, problems=list(refused))

    def _already(self, record: NoticeRecord) -> Result:
        if record.content_hash != self._notice.content_hash:
            return self._taken(record.file.rpartition("/")[2] or "the warehouse")
        # After a crash between the record and the result, this is still the file that announced the notice.
        outcome: Outcome = "announced" if record.file == self._done.file else "already announced"
        return replace(self._done, outcome=outcome, number=record.number)

    def _taken(self, where: str) -> Result:
        problem = problems.number_taken(self._number, where)
        return replace(self._done, outcome="refused", problems=[RowProblem(None, "tracking_number", problem)])


class _Changing:
    """Changes, closes or deletes a notice. Every step may be repeated: what is done already counts as done."""

    def __init__(self, workspace: Workspace, draft: Draft, done: Result) -> None:
        self._ws = workspace
        self._notices = workspace.notices
        self._draft = draft
        self._done = done
        self._number = draft.tracking_number
        self._at_warehouse = workspace.warehouse.notices

    def result(self) -> Result:
        record = self._notices.get(self._number)
        if record is not None:
            self._number = record.tracking_number  # in its own spelling
        if record is not None and record.status == "announcing":
            raise RetryableError("announce inbound", "the notice is being announced", retry_after=30.0)
        there = self._at_warehouse.get(self._number)
        if there is None:
            if record is not None and self._draft.action == "delete":
                return self._deleted(record)
            return self._problem(problems.not_announced(self._number))
        if record is None or record.status in OVER:
            record = self._adopt(record, there)
        match self._draft.action:
            case "add":
                return self._add(record, there)
            case "remove":
                return self._remove(record, there)
            case "close":
                if not there.is_closed:
                    self._at_warehouse.close(self._number)
                return replace(self._done, outcome="closed", number=record.number)
            case _:
                try:
                    self._at_warehouse.delete(self._number)
                except (NotFound, Refused) as error:
                    if self._at_warehouse.get(self._number) is not None:
                        return self._problem(problems.refused(str(error)))
                return self._deleted(record)

    def _adopt(self, before: NoticeRecord | None, there: WarehouseNotice) -> NoticeRecord:
        """A notice that the warehouse has, and that was announced elsewhere or has ended according to its record."""
        if before is not None and before.status == "closed" and there.is_closed:
            return before
        version = before.version if before is not None else 0
        adopted = NoticeRecord(there.tracking_number, "open", announced=dict(there.quantities), version=version)
        return self._notices.save(adopted)

    def _add(self, record: NoticeRecord, there: WarehouseNotice) -> Result:
        if there.is_closed:
            return self._problem(problems.is_closed(self._number))
        shown = by_sku(there.quantities)
        refused: list[RowProblem] = []
        added: dict[str, int] = {}
        for line in self._done.lines:
            has = shown.get(Sku(line.sku))
            if has is not None and has != line.quantity:
                problem = problems.other_quantity(line.sku, has, line.quantity)
                refused.append(RowProblem(line.row, "quantity", problem))
            elif has is None and (not_added := add_line(self._ws, self._number, line)) is not None:
                refused.append(not_added)
            else:
                added[line.sku] = line.quantity
        self._note(record, {**record.announced, **added})
        return replace(self._done, outcome="added" if added else "refused", problems=refused, number=record.number)

    def _remove(self, record: NoticeRecord, there: WarehouseNotice) -> Result:
        if there.is_closed:
            return self._problem(problems.is_closed(self._number))
        as_there = {Sku(sku): sku for sku in there.quantities}
        refused: list[RowProblem] = []
        gone: set[Sku] = set()
        for line in self._done.lines:
            sku = as_there.get(Sku(line.sku))
            if not line.sku:
                refused.append(RowProblem(line.row, "sku", problems.missing("sku")))
                continue
            if sku is not None and (problem := self._take_off(line, sku)) is not None:
                refused.append(problem)
            else:
                gone.add(Sku(line.sku))
        self._note(record, {sku: n for sku, n in record.announced.items() if Sku(sku) not in gone})
        return replace(self._done, outcome="removed" if gone else "refused", problems=refused, number=record.number)

    def _take_off(self, line: NoticeLine, sku: str) -> RowProblem | None:
        try:
            self._at_warehouse.delete_product(self._number, sku)
        except (NotFound, Refused) as error:
            now = self._at_warehouse.get(self._number)
            if now is not None and sku in now.quantities:
                return RowProblem(line.row, "sku", problems.refused(str(error)))
        return None

    def _note(self, record: NoticeRecord, announced: Mapping[str, int]) -> None:
        if announced != record.announced:
            self._notices.save(replace(record, announced=announced))

    def _deleted(self, record: NoticeRecord) -> Result:
        if record.status != "deleted":
            self._notices.save(replace(record, status="deleted"))
        return replace(self._done, outcome="deleted", number=record.number)

    def _problem(self, problem: Problem) -> Result:
        return replace(self._done, outcome="refused", problems=[RowProblem(None, None, problem)])


def add_line(workspace: Workspace, number: str, line: NoticeLine) -> RowProblem | None:
    """Add a product to a notice. Returns what is wrong with it if the warehouse refuses."""
    workspace.deadline.require(STEP)
    try:
        workspace.warehouse.notices.add_product(number, line)
    except AuthenticationError:
        raise
    except (NotFound, Refused) as error:
        # Each product is taken once. A repetition is refused although the product is there.
        there = workspace.warehouse.notices.get(number)
        has = by_sku(there.quantities) if there is not None else by_sku({})
        if has.get(Sku(line.sku)) != line.quantity:
            return RowProblem(line.row, "sku", problems.refused(str(error)))
    return None
