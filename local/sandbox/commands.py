"""The command line of the sandbox: `python -m local shop …` and `python -m local warehouse …`."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

import requests
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.local_stack import local_stacks
from local.console import console, folded

shop = typer.Typer(no_args_is_help=True, help="Play the merchant in the simulated Billbee of a running `serve`.")
warehouse = typer.Typer(no_args_is_help=True, help="Play the warehouse of a running `serve`.")

_COLUMNS: Final = ("merchant", "order", "state", "status", "items", "tags", "tracking")
"""Of a list; they fit 80 columns."""
_TIMEOUT: Final = 60.0
"""Real seconds."""
START: Final = "Start one in another terminal: .venv/bin/python -m local serve --speed 60"

UrlOption = Annotated[str | None, typer.Option(help="Of the `serve`, if several run.", metavar="URL")]
MerchantOption = Annotated[str | None, typer.Option(help="Whose; needed where several have such an order.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
OrderArgument = Annotated[str, typer.Argument(help="Billbee's id, the shop's number or the warehouse's.")]
TagsArgument = Annotated[list[str], typer.Argument(metavar="TAG…")]
ItemsOption = Annotated[
    list[str] | None, typer.Option("--item", metavar="SKU[:N]", help="May be repeated; all of the order without it.")
]


@shop.command("create-order")
def create_order(
    item: Annotated[
        list[str] | None,
        typer.Option("--item", metavar="SKU[:N[:PRICE]]", help="May be repeated; the shop's first product without it."),
    ] = None,
    country: Annotated[str | None, typer.Option(metavar="CC", help="Two letters, of the address.")] = None,
    currency: Annotated[str | None, typer.Option(metavar="CUR", help="Three letters.")] = None,
    personalise: Annotated[
        list[str] | None, typer.Option(metavar="NAME=TEXT", help="What the buyer had made of the first item.")
    ] = None,
    unpaid: Annotated[bool, typer.Option("--unpaid", help="Its payment has not arrived.")] = False,
    tag: Annotated[list[str] | None, typer.Option(help="Besides the merchant's; may be repeated.")] = None,
    no_tag: Annotated[bool, typer.Option("--no-tag", help="Without the merchant's tag.")] = False,
    shipping: Annotated[str | None, typer.Option(metavar="AMOUNT", help="What the buyer pays for shipping.")] = None,
    ship_by: Annotated[str | None, typer.Option(metavar="NAME", help="The shipping product of the shop.")] = None,
    message: Annotated[str | None, typer.Option(help="Of the buyer.")] = None,
    count: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="So many orders alike.")] = 1,
    merchant: MerchantOption = None,
    url: UrlOption = None,
    json_: JsonOption = False,
) -> None:
    """A buyer orders: paid, with the merchant's tag, unless said otherwise."""
    _do(
        *("shop", "create-order", url, json_),
        items=item,
        country=country,
        currency=currency,
        personalise=personalise,
        unpaid=unpaid,
        tags=tag,
        no_tag=no_tag,
        shipping=shipping,
        ship_by=ship_by,
        message=message,
        count=count if count > 1 else None,
        merchant=merchant,
    )


@shop.command()
def tag(
    order: OrderArgument,
    tags: TagsArgument,
    merchant: MerchantOption = None,
    url: UrlOption = None,
    json_: JsonOption = False,
) -> None:
    """Put tags on an order."""
    _do("shop", "tag", url, json_, order=order, tags=tags, merchant=merchant)


@shop.command()
def untag(
    order: OrderArgument,
    tags: TagsArgument,
    merchant: MerchantOption = None,
    url: UrlOption = None,
    json_: JsonOption = False,
) -> None:
    """Take tags off an order."""
    _do("shop", "untag", url, json_, order=order, tags=tags, merchant=merchant)


@shop.command()
def cancel(
    order: OrderArgument, merchant: MerchantOption = None, url: UrlOption = None, json_: JsonOption = False
) -> None:
    """Cancel an order."""
    _do("shop", "cancel", url, json_, order=order, merchant=merchant)


@shop.command()
def pay(
    order: OrderArgument, merchant: MerchantOption = None, url: UrlOption = None, json_: JsonOption = False
) -> None:
    """The payment of an order arrives."""
    _do("shop", "pay", url, json_, order=order, merchant=merchant)


@shop.command()
def copy(
    order: OrderArgument, merchant: MerchantOption = None, url: UrlOption = None, json_: JsonOption = False
) -> None:
    """Copy an order, with its tags."""
    _do("shop", "copy", url, json_, order=order, merchant=merchant)


@shop.command()
def merge(
    order: OrderArgument,
    other: Annotated[str, typer.Argument(help="The order that is merged into the first.")],
    gone: Annotated[bool, typer.Option("--gone", help="Billbee keeps nothing of the other.")] = False,
    merchant: MerchantOption = None,
    url: UrlOption = None,
    json_: JsonOption = False,
) -> None:
    """Merge another order into an order."""
    _do("shop", "merge", url, json_, order=order, other=other, gone=gone, merchant=merchant)


@shop.command()
def refund(
    order: OrderArgument,
    item: ItemsOption = None,
    merchant: MerchantOption = None,
    url: UrlOption = None,
    json_: JsonOption = False,
) -> None:
    """Issue a credit note for an order, or for pieces of it."""
    _do("shop", "refund", url, json_, order=order, items=item, merchant=merchant)


@shop.command("edit-address")
def edit_address(
    order: OrderArgument,
    first_name: Annotated[str | None, typer.Option()] = None,
    last_name: Annotated[str | None, typer.Option()] = None,
    company: Annotated[str | None, typer.Option()] = None,
    street: Annotated[str | None, typer.Option()] = None,
    house_number: Annotated[str | None, typer.Option()] = None,
    line2: Annotated[str | None, typer.Option()] = None,
    zip_code: Annotated[str | None, typer.Option("--zip")] = None,
    city: Annotated[str | None, typer.Option()] = None,
    state: Annotated[str | None, typer.Option()] = None,
    country: Annotated[str | None, typer.Option(metavar="CC", help="Two letters.")] = None,
    merchant: MerchantOption = None,
    url: UrlOption = None,
    json_: JsonOption = False,
) -> None:
    """Change where an order goes to. What is left out stays."""
    _do(
        *("shop", "edit-address", url, json_),
        order=order,
        first_name=first_name,
        last_name=last_name,
        company=company,
        street=street,
        house_number=house_number,
        line2=line2,
        zip_code=zip_code,
        city=city,
        state=state,
        country=country,
        merchant=merchant,
    )


@shop.command("change-quantity")
def change_quantity(
    order: OrderArgument,
    sku: Annotated[str, typer.Argument()],
    quantity: Annotated[int, typer.Argument(min=0, help="With 0, its line goes.")],
    merchant: MerchantOption = None,
    url: UrlOption = None,
    json_: JsonOption = False,
) -> None:
    """Change how many pieces of a SKU are sold."""
    _do("shop", "change-quantity", url, json_, order=order, sku=sku, quantity=quantity, merchant=merchant)


@shop.command()
def message(
    order: OrderArgument,
    text: Annotated[str, typer.Argument()],
    from_shop: Annotated[bool, typer.Option("--from-shop", help="The shop writes, not the buyer.")] = False,
    merchant: MerchantOption = None,
    url: UrlOption = None,
    json_: JsonOption = False,
) -> None:
    """The buyer writes about an order."""
    _do("shop", "message", url, json_, order=order, text=text, from_shop=from_shop, merchant=merchant)


@shop.command("list")
def list_orders(merchant: MerchantOption = None, url: UrlOption = None, json_: JsonOption = False) -> None:
    """The orders in Billbee."""
    _do("shop", "list", url, json_, merchant=merchant)


@shop.command("show")
def show_order(
    order: OrderArgument, merchant: MerchantOption = None, url: UrlOption = None, json_: JsonOption = False
) -> None:
    """One order in Billbee."""
    _do("shop", "show", url, json_, order=order, merchant=merchant)


@warehouse.command()
def step(url: UrlOption = None, json_: JsonOption = False) -> None:
    """The warehouse ships what is open, unless it is held or goods are missing."""
    _do("warehouse", "step", url, json_)


@warehouse.command()
def ship(
    order: OrderArgument,
    item: ItemsOption = None,
    parcels: Annotated[int, typer.Option(min=1, metavar="N")] = 1,
    tracking: Annotated[list[str] | None, typer.Option(metavar="NUMBER", help="Of a parcel; may be repeated.")] = None,
    method: Annotated[str | None, typer.Option(help="The ship method really used, by code or name.")] = None,
    merchant: MerchantOption = None,
    url: UrlOption = None,
    json_: JsonOption = False,
) -> None:
    """Ship an order, or some of its products first."""
    _do(
        *("warehouse", "ship", url, json_),
        order=order,
        items=item,
        parcels=parcels,
        tracking=tracking,
        method=method,
        merchant=merchant,
    )


@warehouse.command()
def backorder(
    order: OrderArgument, merchant: MerchantOption = None, url: UrlOption = None, json_: JsonOption = False
) -> None:
    """Goods of an order are missing: it waits for them."""
    _do("warehouse", "backorder", url, json_, order=order, merchant=merchant)


@warehouse.command("cancel")
def cancel_at_warehouse(
    order: OrderArgument,
    item: Annotated[list[str] | None, typer.Option("--item", metavar="SKU", help="May be repeated.")] = None,
    merchant: MerchantOption = None,
    url: UrlOption = None,
    json_: JsonOption = False,
) -> None:
    """Cancel an order at the warehouse, or products of it."""
    _do("warehouse", "cancel", url, json_, order=order, items=item, merchant=merchant)


@warehouse.command("return")
def return_(
    order: OrderArgument,
    sku: Annotated[str, typer.Argument()],
    quantity: Annotated[int, typer.Option(min=1, metavar="N")] = 1,
    reason: Annotated[str | None, typer.Option()] = None,
    merchant: MerchantOption = None,
    url: UrlOption = None,
    json_: JsonOption = False,
) -> None:
    """Pieces of a shipped order come back."""
    _do("warehouse", "return", url, json_, order=order, sku=sku, quantity=quantity, reason=reason, merchant=merchant)


@warehouse.command()
def receive(
    sku: Annotated[str, typer.Argument()],
    quantity: Annotated[int, typer.Argument(min=1)] = 1,
    merchant: MerchantOption = None,
    url: UrlOption = None,
    json_: JsonOption = False,
) -> None:
    """Goods arrive at the warehouse."""
    _do("warehouse", "receive", url, json_, sku=sku, quantity=quantity, merchant=merchant)


@warehouse.command("list")
def list_books(merchant: MerchantOption = None, url: UrlOption = None, json_: JsonOption = False) -> None:
    """The orders on the warehouse's books."""
    _do("warehouse", "list", url, json_, merchant=merchant)


@warehouse.command("show")
def show_books(
    order: OrderArgument, merchant: MerchantOption = None, url: UrlOption = None, json_: JsonOption = False
) -> None:
    """One order on the warehouse's books."""
    _do("warehouse", "show", url, json_, order=order, merchant=merchant)


def _do(side: str, act: str, url: str | None, as_json: bool, /, **given: Any) -> None:
    """Have `serve` do it, and print what came of it. Ends the program with 1 where it does not."""
    body = {name: value for name, value in given.items() if value not in (None, [], False)}
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxies and no .netrc of this machine
            target = f"{url or _only_one()}/sandbox/acts/{side}/{act}"
            answer = session.post(target, json=body, timeout=_TIMEOUT)
            told = answer.json()
    except (requests.RequestException, ValueError):
        _fail(f"No `serve` answers at {url or 'its address'}. {START}")
    if not answer.ok:
        _fail(str(told.get("refused", "The sandbox does not answer.")))
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
        return
    _show(told, console(as_json=False))


def _only_one() -> str:
    """The URL of the `serve` that runs."""
    found, _stale = local_stacks()
    if not found:
        _fail(f"No `serve` is running. {START}")
    if len(found) > 1:
        _fail(f"Several are running: {', '.join(one.url for one in found)}. Name one with --url.")
    return found[0].url


def _fail(why: str) -> Any:
    there = Console(stderr=True)
    _print(there, folded(why, there.width), "red")
    raise typer.Exit(1)


def _show(told: dict[str, Any], there: Console) -> None:
    _print(there, folded(told["said"], there.width))
    if told.get("orders"):
        rows = Table(box=box.SIMPLE_HEAD, show_edge=False, header_style="bold", padding=(0, 1, 0, 0))
        columns = [name for name in _COLUMNS if name in told["orders"][0]]
        for name in columns:
            rows.add_column(name, no_wrap=True)
        for row in told["orders"]:
            rows.add_row(*(Text(row[name].replace(", ", "\n")) for name in columns))
        there.print(rows)
    elif "parts" in told.get("order", {}) or "messages" in told.get("order", {}):
        for name, value in told["order"].items():
            for one in value if isinstance(value, list) else [value]:
                text = (
                    ", ".join(f"{key} {entry}" for key, entry in one.items() if entry) if isinstance(one, dict) else one
                )
                _print(there, folded(f"  {name:<9} {text}", there.width, indent=12))


def _print(there: Console, text: str, style: str | None = None) -> None:
    """As it is: a SKU or a message may look like markup, or like an emoji's name."""
    there.print(text, style=style, highlight=False, markup=False, emoji=False, soft_wrap=True)
