"""The board's pages of orders, goods and jobs: each reads what it shows, and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from orderbridge.desk.board import list_pages
from orderbridge.desk.board.action import bench_actions, entry_actions, letter_actions, order_actions
from orderbridge.desk.board.digest_pages import day_of, digest_page, digests_page
from orderbridge.desk.board.figures_page import USUAL, days_asked, figures_page, pictures
from orderbridge.desk.board.home_page import home_page
from orderbridge.desk.board.jobs_page import jobs_page
from orderbridge.desk.board.layout import order_url, stock_url
from orderbridge.desk.board.order_page import order_page
from orderbridge.desk.board.orders_page import orders_page, search_page
from orderbridge.desk.board.stock_page import stock_page, stocks_page
from orderbridge.desk.board.workbench import FEW

if TYPE_CHECKING:
    from orderbridge.desk.board.visit import Answer, Route, Visit

_LONGEST_ID: Final = 18


def home(visit: Visit) -> Answer:
    say, board, chosen = visit.say, visit.board, visit.merchant
    bench = board.workbench(chosen)
    shown = board.figures(chosen, USUAL).by_day if bench.shown and len(bench.shown) <= FEW else {}
    html = home_page(
        say,
        bench,
        refreshing=bool(visit.asked("refresh")),
        actions=lambda entry: visit.offered(entry_actions, entry),
        pictures=pictures(say, shown) if shown else None,
    )
    return visit.page(html)


def orders(visit: Visit) -> Answer:
    found = visit.board.orders(visit.merchant, visit.asked("show"), visit.asked("begin"))
    return visit.page(orders_page(visit.say, found, visit.board.shops()))


def order(visit: Visit, merchant: str, billbee_id: str) -> Answer:
    is_number = billbee_id.isascii() and billbee_id.isdecimal() and len(billbee_id) <= _LONGEST_ID
    found = visit.board.order(merchant, int(billbee_id)) if is_number else None
    if found is None:
        say = visit.say
        text = say("The ledger has no order {number} of {merchant}.", number=billbee_id, merchant=merchant)
        why = say("Why an order is not imported says:")
        return visit.problem("No such order", f"{text} {why} orderbridge order why {billbee_id}", HTTPStatus.NOT_FOUND)
    return visit.page(order_page(visit.say, found, visit.offered(order_actions, found.order)))


def search(visit: Visit) -> Answer:
    found = visit.board.search(visit.asked("q"))
    if len(found.orders) == 1 and not found.skus:
        return visit.see(order_url(found.orders[0]))
    if len(found.skus) == 1 and not found.orders:
        return visit.see(stock_url(*found.skus[0]))
    nothing = found.asked and not found.orders and not found.skus
    html = search_page(visit.say, found, many=len(visit.board.shops()) > 1)
    return visit.page(html, HTTPStatus.NOT_FOUND if nothing else HTTPStatus.OK)


def stocks(visit: Visit) -> Answer:
    shops = visit.board.shops()
    return visit.see(stock_url(shops[0].name)) if len(shops) == 1 else visit.page(stocks_page(visit.say, shops))


def stock(visit: Visit, merchant: str) -> Answer:
    view = visit.board.stock(merchant, visit.asked("sku"))
    missing = view.asked and view.record is None
    return visit.page(stock_page(visit.say, view), HTTPStatus.NOT_FOUND if missing else HTTPStatus.OK)


def jobs(visit: Visit) -> Answer:
    bench = visit.board.workbench(visit.merchant)
    theirs = bench.chosen or visit.viewer.merchants is None  # only those who see all act for all
    return visit.page(jobs_page(visit.say, bench, visit.offered(bench_actions, bench) if theirs else ()))


def figures(visit: Visit) -> Answer:
    found = visit.board.figures(visit.merchant, days_asked(visit.asked("days")))
    return visit.page(figures_page(visit.say, found, visit.board.shops(), visit.merchant))


def billing(visit: Visit) -> Answer:
    return visit.page(list_pages.billing_page(visit.say, visit.board.unbilled()))


def failed(visit: Visit) -> Answer:
    letters = visit.board.failed()
    acts = visit.viewer.may_act
    actions = {letter.message_id: letter_actions(visit.say, letter) for letter in letters} if acts else None
    return visit.page(list_pages.failed_page(visit.say, letters, actions))


def returns(visit: Visit) -> Answer:
    found = visit.board.returns(visit.merchant, visit.asked("begin"))
    return visit.page(list_pages.returns_page(visit.say, found, visit.board.shops(), visit.merchant))


def inbound(visit: Visit) -> Answer:
    found = visit.board.inbound(visit.merchant, visit.asked("begin"))
    return visit.page(list_pages.inbound_page(visit.say, found, visit.board.shops(), visit.merchant))


def products(visit: Visit) -> Answer:
    found = visit.board.refused_products(visit.merchant, visit.asked("begin"))
    return visit.page(list_pages.products_page(visit.say, found, visit.board.shops(), visit.merchant))


def usage(visit: Visit) -> Answer:
    found = visit.board.calls(visit.merchant)
    return visit.page(list_pages.usage_page(visit.say, found, visit.board.shops(), visit.merchant))


def digests(visit: Visit) -> Answer:
    found = visit.board.digests(visit.merchant)
    return visit.page(digests_page(visit.say, found, visit.board.shops(), visit.merchant))


def digest(visit: Visit, merchant: str, day: str) -> Answer:
    asked = day_of(day)
    report = visit.board.digest(merchant, asked) if asked else None
    if report is None:
        text = visit.say("{merchant} has no digest of that day, or it is not kept any more.", merchant=merchant)
        return visit.problem("No such digest", text, HTTPStatus.NOT_FOUND)
    return visit.page(digest_page(visit.say, merchant, report))


ROUTES: Final[Sequence[Route]] = (
    ("GET", "/", home),
    ("GET", "/orders", orders),
    ("GET", "/orders/<merchant>/<billbee_id>", order),
    ("GET", "/search", search),
    ("GET", "/stock", stocks),
    ("GET", "/stock/<merchant>", stock),
    ("GET", "/jobs", jobs),
    ("GET", "/figures", figures),
    ("GET", "/billing", billing),
    ("GET", "/failed", failed),
    ("GET", "/returns", returns),
    ("GET", "/inbound", inbound),
    ("GET", "/products", products),
    ("GET", "/usage", usage),
    ("GET", "/digests", digests),
    ("GET", "/digests/<merchant>/<day>", digest),
)
