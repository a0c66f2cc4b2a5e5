"""BiBi's API for one merchant: calls, the shared call budget, the token, and what its answers mean.

Open points of BiBi's documentation are settled here and in ``mapping``, and nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar
from urllib.parse import quote

from pydantic import SecretStr

from orderbridge.bibi_paths import path_of
from orderbridge.clients.bibi.limits import TIMESTAMP_LIMIT_DAYS
from orderbridge.clients.bibi.mapping import (
    product_number,
    to_part,
    to_returned,
    to_sent_order,
    to_sent_product,
    to_stock,
    to_warehouse_orders,
    update_forms,
    warehouse_text,
)
from orderbridge.clients.bibi.models import rows, whole_number
from orderbridge.clients.bibi.pages import Pages
from orderbridge.clients.bibi.token import TokenCache, TokenSource
from orderbridge.clients.http import Answer, Call, HeaderAuth, HttpClient, error_code, retry_after, said
from orderbridge.clients.pacing import persist
from orderbridge.clock import Clock
from orderbridge.domain.order_number import PLAIN, ByNumber, Habits, Numbering, OrderNumber
from orderbridge.domain.sku import Sku
from orderbridge.domain.stock import WarehouseStockPage
from orderbridge.domain.tracking import ReturnsPage, WarehouseOrder, WarehouseOrdersPage
from orderbridge.errors import (
    AuthenticationError,
    MalformedAnswer,
    NotFound,
    Refused,
    ServerError,
    Throttled,
    UnknownOutcome,
)

if TYPE_CHECKING:
    from orderbridge.domain.products import WarehouseProduct
    from orderbridge.domain.shipping_order import ShippingOrder
    from orderbridge.domain.stock import WarehouseStock

PRODUCTS_PER_PAGE: Final = 100

# A refusal of a question by order number that means "no such order". The wording is not documented.
_NO_SUCH_ORDER: Final = re.compile(
    r"\bnot\s+(be\s+)?found\b|\bno\s+(such\s+|matching\s+)?(orders?|results?|records?|data)\b|does\s?n[o']t\s+exist"
    r"|\bunknown\s+order\b|\binvalid\s+order\s*(number|id)?\b",
    re.IGNORECASE,
)

# A failure of the server itself, which may come as a refusal: "SQLSTATE[42S02]: Base table or view not found".
_SERVERS_OWN: Final = re.compile(
    r"sqlstate|database|exception"
    r"|\b(table|column|class|method|function|route|endpoint|url|page|host|server|session|token|api[ -]?key|account|user"
    r"|credentials?)\b[^:;]{0,60}?(\bnot\b|n['’]t\b|\bno longer\b)",
    re.IGNORECASE,
)

_NOTHING: Final[tuple[object, ...]] = (None, "", [], {})

# The messages of upsertProducts: "Product inserted." and "Product updated." are documented, refusals are not.
_TAKEN: Final = re.compile(r"\b(inserted|updated)\b", re.IGNORECASE)
_NOT_TAKEN: Final = re.compile(
    r"\b(not|no|never|nothing|cannot|unable|without|fail\w*|error\w*|invalid|refused|rejected|denied)\b|n[o']t\b",
    re.IGNORECASE,
)

T = TypeVar("T")


class CallBudget(Protocol):
    """The merchant's calls a minute, shared by all workers."""

    def take(self) -> None:
        """Count one call, or raise Throttled with the seconds until there is room again."""

    def learn(self, remaining: int, reset_seconds: float) -> None:
        """Adopt the warehouse's own count from its answer."""


class KnownHabits(Protocol):
    """What is known of how the account writes numbers, shared by all workers."""

    def known(self) -> Habits: ...

    def learn(self, habits: Habits) -> None: ...


class _NoHabits:
    """Knows nothing and keeps nothing."""

    def known(self) -> Habits:
        return Habits()

    def learn(self, habits: Habits) -> None:
        pass


class BibiClient:
    """Calls BiBi on behalf of one merchant, within its budget.

    Every method raises the errors of ``orderbridge.errors``; ``submit`` may raise ``UnknownOutcome``.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        public_key: SecretStr,
        secret_key: SecretStr,
        source: str,
        budget: CallBudget,
        token_cache: TokenCache,
        paths: Mapping[str, str] = MappingProxyType({}),
        numbering: Numbering = PLAIN,
        habits: KnownHabits | None = None,
        clock: Clock,
    ) -> None:
        self._http = http
        self._source = source
        self._budget = budget
        self._paths = paths
        self.numbering = numbering
        self.habits = habits or _NoHabits()
        self._clock = clock
        self.follow = Pages()
        self._tokens = TokenSource(public_key, secret_key, token_cache, self._authenticate, clock.now)

    @property
    def clock_skew(self) -> timedelta | None:
        """How far the warehouse's clock is ahead of ours, by its last answer."""
        return self._http.clock_skew

    def submit(self, orders: Sequence[ShippingOrder], *, test: bool = False) -> None:
        """Put orders on the warehouse's books, all in one call.

        Args:
            test: the warehouse only checks them.

        Raises:
            Refused: the documents do not say what happened to each order of the batch. Ask by number.
            UnknownOutcome: ask by number before sending any of them again.
        """
        wire = {
            "Test": "T" if test else "F",
            "Orders": [to_sent_order(order, self._source).wire() for order in orders],
        }
        form = {"orders": json.dumps(wire, ensure_ascii=False)}
        self._call(Call("bibi submitOrder", "POST", "/submitOrder", repeatable=test, form=form))

    def order(self, number: OrderNumber) -> WarehouseOrder | None:
        """The warehouse's order of that number, or None.

        It is asked for in every form in which the account may know it. While nothing is known of a prefix, None also
        requires that the list of the last 30 days does not show it.

        Raises:
            MalformedAnswer: it is not certain.
        """
        if not number:
            return None
        habits = self.habits.known()
        for form in self.numbering.writings(number, habits):
            if (found := self._ask_for(number, form)) is not None:
                self._learn_from(number, form, found)
                return replace(found, number=OrderNumber(number.text, found.number.written))
        if not self.numbering.is_open(habits):
            return None
        return self._listed_lately(number)

    def _ask_for(self, number: OrderNumber, form: str) -> WarehouseOrder | None:
        call = Call("bibi orderStatus", "POST", "/orderStatus", repeatable=True, form={"orderNumber": form}, about=form)
        try:
            answer = self._call(call)
        except (NotFound, Refused) as error:
            _none_or_raise(error)
            return None
        result = answer.data.get("result") if answer.data is not None else None
        if result in _NOTHING:
            return None
        shown = tuple(to_warehouse_orders(result, self.numbering))
        found = _that_order(number, shown)
        if found is None or (found.presumed and len(shown) > 1):
            raise MalformedAnswer(call.operation, "the answer shows another order", status=answer.status)
        return found

    def _listed_lately(self, number: OrderNumber) -> WarehouseOrder | None:
        """The order in the warehouse's list of the last 30 days.

        Raises:
            MalformedAnswer: it lists a number that may be ours behind an unknown prefix. The prefix is remembered and
                used for the next question.
        """
        page, more = 1, True
        since = self._clock.now() - timedelta(days=TIMESTAMP_LIMIT_DAYS) + timedelta(hours=1)
        while more:
            answer = self.orders_since(since, page)
            if answer.unreadable:
                raise MalformedAnswer("bibi orderStatus", f"{answer.unreadable} orders cannot be read")
            if (found := _that_order(number, answer.orders)) is not None:
                self._learn_from(number, "", found)
                if found.presumed:
                    raise MalformedAnswer("bibi orderStatus", "the list shows the number behind an unknown prefix")
                return found
            page, more = page + 1, answer.more
        return None

    def _learn_from(self, number: OrderNumber, form: str, found: WarehouseOrder) -> None:
        """Remember how an answer shows that the account writes and takes our numbers."""
        before = found.number.written_prefix or number.unknown_prefix_of(found.number) or ""
        habits = Habits(
            writes=before,
            takes=None if not form else "ours" if form == number.text else "theirs",
            example=found.number.written if before else "",
        )
        self.habits.learn(habits)

    def writings(self, number: OrderNumber) -> tuple[str, ...]:
        """The forms in which the account may know a number, the likeliest first."""
        return self.numbering.writings(number, self.habits.known())

    def _in_each_form(self, number: OrderNumber, do: Callable[[str], T]) -> T:
        """Call with each form of an order's number until the account knows one. The other calls changed nothing."""
        forms = self.writings(number)
        for form in forms[:-1]:
            try:
                return do(form)
            except (NotFound, Refused) as error:
                if not means_none(error):
                    raise
        return do(forms[-1])

    def orders_since(self, since: datetime, page: int = 1) -> WarehouseOrdersPage:
        """A page of the orders that ``timestamp`` selects, by order date or by last change: BiBi does not say which.

        Args:
            since: at most 30 days ago; sent as a UNIX time, which no change of clocks can shift.
            page: from 1.
        """
        form = {"timestamp": str(int(since.timestamp())), "offset": str(page)}
        call = Call("bibi orderStatus", "POST", "/orderStatus", repeatable=True, form=form)
        found = self._listed(call, page, since)
        # An empty list is not documented: an answer that says nothing counts as one if it comes twice.
        return found or self._listed(call, page, since) or WarehouseOrdersPage((), more=False)

    def _listed(self, call: Call, page: int, asked: object) -> WarehouseOrdersPage | None:
        """The entries of an answer; None if it neither lists anything nor says that there is nothing."""
        try:
            answer = self._call(call)
        except (NotFound, Refused) as error:
            _none_or_raise(error)
            return WarehouseOrdersPage((), more=False)
        if answer.data is None:
            return WarehouseOrdersPage((), more=False)
        result, more = answer.data.get("result"), self.follow.go_on(call.operation, page, answer.data, asked=asked)
        if _is_void(result) and not more:
            return None
        orders = tuple(to_warehouse_orders(result, self.numbering))
        count = len(result) if isinstance(result, list | dict) and "header" not in result else 1
        if not orders and result not in _NOTHING:
            raise MalformedAnswer(call.operation, "the answer holds nothing that can be read", status=answer.status)
        return WarehouseOrdersPage(orders, unreadable=count - len(orders), more=more)

    def cancel(self, number: OrderNumber) -> None:
        """Cancel a whole order. Raises Refused if it is too late. May be repeated."""

        def cancel(written: str) -> None:
            form = {"cancelEntireOrder": "Y", "orderNumber": written}
            path = f"/cancelOrder/{quote(written, safe='')}"
            self._call(Call("bibi cancelOrder", "POST", path, repeatable=True, form=form, about=written))

        self._in_each_form(number, cancel)

    def update(self, order: ShippingOrder) -> None:
        """Replace the content of an order. May be repeated. The order's report shows the result.

        Raises:
            Refused: the warehouse has begun with it. The documents leave the form open, so each form is tried before a
                refusal counts.
        """
        self._in_each_form(order.number, lambda number: self._update(order, number))

    def _update(self, order: ShippingOrder, number: str) -> None:
        path = f"/updateOrder/{quote(number, safe='')}"
        refusals: list[Refused] = []
        for field, sent, as_coupon in update_forms(order, self._source, number):
            text = json.dumps({"Test": "F", "Orders": [sent.wire(as_coupon=as_coupon)]}, ensure_ascii=False)
            try:
                self._call(Call("bibi updateOrder", "POST", path, repeatable=True, form={field: text}, about=number))
            except Refused as refusal:
                refusals.append(refusal)
            else:
                return
        # One refusal is about the order, the others are about the form.
        detail, first = " / ".join(dict.fromkeys(refusal.detail for refusal in refusals)), refusals[0]
        own = all(refusal.own for refusal in refusals)
        raise Refused("bibi updateOrder", detail, status=first.status, code=first.code, own=own)

    def toggle_hold(self, number: OrderNumber) -> WarehouseOrder:
        """Put an order on hold, or release it. The call is a toggle, so read the status first.

        Returns the order with its new status. Not repeatable: after an UnknownOutcome read the status again.
        """

        def toggle(written: str) -> Answer:
            path = f"/holdOrder/{quote(written, safe='')}"
            return self._call(Call("bibi holdOrder", "POST", path, repeatable=False, form={}, about=written))

        answer = self._in_each_form(number, toggle)
        result = (answer.data or {}).get("result")
        status = result.get("status") if isinstance(result, dict) else None
        if not status or not isinstance(status, str):
            raise UnknownOutcome("bibi holdOrder", "the answer does not name the new status", status=answer.status)
        return WarehouseOrder(number, (to_part({"status": status}),))

    def returns(self, since: datetime, until: datetime, page: int = 1) -> ReturnsPage:
        """A page of what came back to the warehouse in a period."""
        asked = {"date_start": warehouse_text(since), "date_end": warehouse_text(until)}
        form = {"json": json.dumps(asked)} | ({"offset": str(page)} if page > 1 else {})
        call = Call("bibi listReturns", "POST", "/listReturns", repeatable=True, form=form)
        try:
            answer = self._call(call)
        except (NotFound, Refused) as error:
            _none_or_raise(error)
            return ReturnsPage((), more=False)
        data = answer.data or {}
        found = [to_returned(row, self.numbering) for row in rows(data.get("result"))]
        more = self.follow.go_on(call.operation, page, data, asked=form["json"])
        return ReturnsPage(tuple(one for one in found if one is not None), more)

    def products(self, page: int) -> WarehouseStockPage:
        """A page of the warehouse's products with their stock, a hundred at a time, from page 1."""
        form = {"json": json.dumps({"offset": page, "perPage": PRODUCTS_PER_PAGE})}
        call = Call("bibi listProducts", "POST", "/listProducts", repeatable=True, form=form)
        answer = self._call(call)
        data = answer.data or {}
        shown = data.get("result")
        if not isinstance(shown, list | dict) and shown not in (None, ""):
            raise MalformedAnswer(call.operation, "the answer has no list of products", status=answer.status)
        more = self.follow.go_on(call.operation, page, data)
        entries = list(shown.values()) if isinstance(shown, dict) else shown or []
        read = [(entry, to_stock(entry) if isinstance(entry, dict) else None) for entry in entries]
        unreadable = tuple(product_number(entry) for entry, stock in read if stock is None)
        return WarehouseStockPage(tuple(stock for _, stock in read if stock is not None), more, unreadable)

    def product(self, sku: str) -> WarehouseStock | None:
        """One product's present stock, or None if the warehouse shows no product for the SKU.

        None does not prove that there is no such product: whether the call takes product numbers or the warehouse's own
        ids (``third_party_id_no``) is not documented, and not every server finds a SKU with a slash.
        """
        path = f"/listProduct/{quote(sku, safe='')}"
        try:
            answer = self._read("bibi listProduct", path, bare=True)
        except (NotFound, Refused) as error:
            if means_none(error):
                return None
            raise
        data = answer.data or {}
        found = data.get("result", data)  # documented without the usual envelope
        stocks = [to_stock(row) for row in ([found] if isinstance(found, dict) else rows(found))]
        if found not in _NOTHING and not any(stocks):
            raise MalformedAnswer("bibi listProduct", "the answer holds nothing that can be read", status=answer.status)
        return next((stock for stock in stocks if stock and Sku(stock.sku) == Sku(sku)), None)

    def upsert_products(self, products: Sequence[WarehouseProduct]) -> tuple[str | None, ...] | None:
        """Create or update products. May be repeated.

        Returns:
            For each product, in order, why the warehouse refused it, or None if it took it. None instead of a list if
            the answer does not tell them apart: send them one by one.

        Raises:
            Refused: all of them.
        """
        form = {"products": json.dumps([to_sent_product(product) for product in products], ensure_ascii=False)}
        answer = self._call(Call("bibi upsertProducts", "POST", "/upsertProducts", repeatable=True, form=form))
        return upserted((answer.told or {}).get("message"), len(products))

    def call_for(self, path_name: str, number: OrderNumber, form: Mapping[str, str] | None = None) -> Answer:
        """A call to one of ``bibi_paths.PATHS`` about one order, whose number is the end of the path. With a form, it
        is not repeatable.
        """

        def ask(written: str) -> Answer:
            return self.call(path_name, form, suffix=written, repeatable=form is None)

        return self._in_each_form(number, ask)

    def call(
        self,
        path_name: str,
        form: Mapping[str, str] | None = None,
        *,
        suffix: str = "",
        body: object = None,
        repeatable: bool = True,
        bare: bool = False,
    ) -> Answer:
        """A call to one of ``bibi_paths.PATHS``, within the budget and with the token. Its errors name it
        ``bibi <name>``.

        Args:
            form: the fields to post; None for a read without fields.
            body: what to post as JSON instead.
            suffix: an order number or SKU at the end of the path.
            repeatable: whether the call may be repeated; if not, ``UnknownOutcome`` may be raised.
            bare: whether the answer may come without saying that it succeeded.
        """
        operation, path = f"bibi {path_name}", path_of(path_name, self._paths, suffix)
        if body is not None:
            return self._call(Call(operation, "POST", path, repeatable=repeatable, body=body), bare=bare)
        if form is None:
            return self._read(operation, path, bare=bare)
        return self._call(Call(operation, "POST", path, repeatable=repeatable, form=form), bare=bare)

    def pages(self, path_name: str, *, suffix: str = "", at_most: int = 50) -> Iterator[Answer]:
        """All pages of a list without fields; usually one. Raises MalformedAnswer for a list that repeats a page or has
        more than ``at_most`` pages.
        """
        return self._pages(f"bibi {path_name}", path_of(path_name, self._paths, suffix), at_most)

    def _pages(self, operation: str, path: str, at_most: int) -> Iterator[Answer]:
        page, more = 1, True
        while more:
            form = {"offset": str(page)}
            answer = (
                self._read(operation, path)
                if page == 1
                else self._call(Call(operation, "POST", path, repeatable=True, form=form))
            )
            more = self.follow.go_on(operation, page, answer.data or {}, asked=path, at_most=at_most)
            yield answer
            page += 1

    def _read(self, operation: str, path: str, *, bare: bool = False) -> Answer:
        """Read a list without fields. The documentation names no method: GET is used, and POST if GET is not
        allowed.
        """
        try:
            return self._call(Call(operation, "GET", path, repeatable=True), bare=bare)
        except Refused as error:
            if error.status != 405:
                raise
            return self._call(Call(operation, "POST", path, repeatable=True, form={}), bare=bare)

    def _call(self, call: Call, *, bare: bool = False) -> Answer:
        return persist(lambda: self._authorised(call, bare=bare), clock=self._clock)

    def _authorised(self, call: Call, *, bare: bool) -> Answer:
        """Call with the token; if that is refused, once more with another one."""
        first = self._tokens.current()
        try:
            return self._send(call, self._tokens.auth(first), bare=bare)
        except AuthenticationError:
            shared = self._tokens.renewed_elsewhere(first)
            second = shared or self._tokens.renew()
        try:
            return self._send(call, self._tokens.auth(second), bare=bare)
        except AuthenticationError:
            # A shared token may be invalid too. If two workers renewed at once, the other one's may be the valid one.
            third = self._tokens.renew() if shared else self._tokens.renewed_elsewhere(second)
            if third is None:
                raise
            return self._send(call, self._tokens.auth(third), bare=bare)

    def _authenticate(self, auth: HeaderAuth) -> dict[str, object]:
        call = Call("bibi authenticate", "GET", "/", repeatable=True)
        try:
            answer = self._send(call, auth)
        except (NotFound, Refused) as error:  # about the account: it must not count as "no such order"
            raise AuthenticationError(call.operation, error.detail, status=error.status) from None
        if answer.data is None:
            raise MalformedAnswer(call.operation, "the answer is empty", status=answer.status)
        return dict(answer.data)

    def _send(self, call: Call, auth: HeaderAuth, *, bare: bool = False) -> Answer:
        """Do one call. ``bare``: its answer may lack ``success``."""
        self._budget.take()
        try:
            answer = self._http.send(call, auth, own=_is_own)
        except Throttled as error:
            self._budget.learn(0, error.retry_after)
            raise
        data = answer.data
        if data is None and answer.status == 204:
            return answer
        if not isinstance(data, dict):
            raise _unclear(call, "the answer is not an object", answer.status)
        self._learn(answer.headers, data)
        if data.get("success", bare) in (True, 1, "true"):
            return answer
        raise _error_of(call, data, answer, self._clock.now())

    def _learn(self, headers: Mapping[str, str], data: Mapping[str, Any]) -> None:
        remaining = headers.get("X-Rate-Limit-Remaining", data.get("X-Rate-Limit-Remaining"))
        reset = headers.get("X-Rate-Limit-Reset", data.get("X-Rate-Limit-Reset"))
        if remaining is not None and reset is not None:
            self._budget.learn(whole_number(remaining), whole_number(reset))


def _error_of(call: Call, data: dict[str, Any], answer: Answer, now: datetime) -> Exception:
    """What an answer without success means. ``code`` repeats the status where the HTTP status was 200."""
    status = answer.status
    if data.get("success") not in (False, 0, "false"):
        return _unclear(call, "the answer does not say whether it succeeded", status)
    detail, code = said(answer.told) or "no explanation", error_code(data)
    if code in (401, 403) or (call.operation == "bibi authenticate" and code in (None, 200, 400)):
        return AuthenticationError(call.operation, detail, status=status)
    if code == 404:
        return NotFound(call.operation, detail, status=status)
    if code == 429:
        return Throttled(call.operation, detail, status=status, retry_after=retry_after(answer.headers, data, now))
    if code is not None and code >= 500:
        if call.repeatable:
            return ServerError(call.operation, "the server failed", status=status)
        return UnknownOutcome(call.operation, "the server failed", status=status)
    return Refused(call.operation, detail, status=status, code=code)


def _is_own(data: object) -> bool:
    """BiBi's own errors say ``success: false``, whatever their HTTP status."""
    return isinstance(data, dict) and data.get("success") in (False, 0, "false")


def _that_order(number: OrderNumber, orders: Sequence[WarehouseOrder]) -> WarehouseOrder | None:
    """The order of that number. An order with the number behind an unknown prefix is presumed to be it."""
    found = ByNumber((order.number, order) for order in orders).get(number)
    if found is not None:
        return found
    fitting = [order for order in orders if number.unknown_prefix_of(order.number) is not None]
    return replace(fitting[0], presumed=True) if fitting else None


def _is_void(result: object) -> bool:
    """Whether a result is null, false or blank, rather than an empty list or map."""
    return result in (None, "", {"header": [], "details": []}) or result is False


def means_none(error: NotFound | Refused) -> bool:
    """Whether a refusal only says that there is no such order, and comes from the warehouse itself. A gateway's 404
    says nothing about the order.
    """
    return error.own and (isinstance(error, NotFound) or bool(_NO_SUCH_ORDER.search(error.detail)))


def _none_or_raise(error: NotFound | Refused) -> None:
    """Return if a refusal says that there is nothing.

    Raises:
        ServerError: it is about the server itself, so nothing is known of the order.
        NotFound, Refused: it says something else.
    """
    if error.own and _SERVERS_OWN.search(error.detail):
        raise ServerError(error.operation, "the server failed", status=error.status)
    if not means_none(error):
        raise error


def upserted(messages: object, count: int) -> tuple[str | None, ...] | None:
    """What upsertProducts says of each product, in order: why it is refused, or None if it was taken. None instead of a
    list if there is not one message for each. A single product that is answered without any message was taken.

    >>> upserted(["Product updated.", "Product could not be inserted."], 2)
    (None, 'Product could not be inserted.')
    """
    if isinstance(messages, str) or messages is None:
        messages = [messages]
    if count == 1 and messages in ([], [None], [""]):
        return (None,)
    if not isinstance(messages, list) or len(messages) != count:
        return None
    if not all(isinstance(message, str) and message.strip() for message in messages):
        return None
    return tuple(None if _TAKEN.search(one) and not _NOT_TAKEN.search(one) else one for one in messages)


def _unclear(call: Call, detail: str, status: int) -> Exception:
    if call.repeatable:
        return MalformedAnswer(call.operation, detail, status=status)
    return UnknownOutcome(call.operation, detail, status=status)
