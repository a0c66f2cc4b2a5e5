"""run_chores: the jobs that run seldom share one function, which also follows what is written to the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from orderbridge.billing.check_billing import check_billing
from orderbridge.bootstrap import Deployment
from orderbridge.desk.board.kept_orders import keep_for_board
from orderbridge.desk.send_digest import send_digest
from orderbridge.desk.troubles.moves import trouble_moves
from orderbridge.events.tell_moves import tell_moves
from orderbridge.figures.count_moves import count_moves
from orderbridge.figures.day_figures import DayFigures
from orderbridge.figures.view import FiguresView
from orderbridge.handlers import queue_handler
from orderbridge.inbound.follow_inbound import follow_inbound
from orderbridge.jobs.changes import Follower, Reader, follow
from orderbridge.jobs.deliveries import Delivery, Work, one_by_one
from orderbridge.jobs.messages import CHORES, Chore
from orderbridge.ledger.moves import order_moves
from orderbridge.products.moves import product_moves
from orderbridge.products.sync_products import sync_products
from orderbridge.returns.pull_returns import pull_returns
from orderbridge.stock.moves import stock_moves
from orderbridge.stock.pull_movements import pull_movements

if TYPE_CHECKING:
    from orderbridge.workspace import Workspace


def _use_case(job: str, parts: Deployment) -> Callable[[Workspace, Delivery[Any]], object]:
    match job:
        case "pull-returns":
            return pull_returns
        case "pull-movements":
            return pull_movements
        case "sync-products":
            return sync_products
        case "check-billing":
            return check_billing
        case "follow-inbound":
            announce, sync_stock = parts.sender("ANNOUNCE_INBOUND_QUEUE_URL"), parts.sender("SYNC_STOCK_QUEUE_URL")
            return partial(follow_inbound, documents=parts.documents, announce=announce, sync_stock=sync_stock)
        case "send-digest":
            figures = FiguresView(parts.table, parts.clock)
            return partial(send_digest, publish=parts.digests.publish, figures=figures, board_url=parts.board_url)
    raise LookupError(f"nothing to do for {job}")


def _work(parts: Deployment) -> Work[Chore]:
    def run(workspace: Workspace, delivery: Delivery[Chore]) -> object:
        return _use_case(delivery.message.job, parts)(workspace, delivery)

    return one_by_one(parts.workspace, run)


def _follow(parts: Deployment, event: Mapping[str, Any]) -> dict[str, Any]:
    readers: list[Reader[Any]] = [order_moves]
    followers: list[Follower[Any]] = [
        partial(count_moves, DayFigures(parts.table)),
        partial(keep_for_board, parts.table),
    ]
    if parts.event_bus is not None:
        readers += [trouble_moves, product_moves, stock_moves]
        followers.append(partial(tell_moves, parts.event_bus))
    return follow(event, readers, followers)


handler = queue_handler(CHORES, _work, follow=_follow)
