"""The commands of the tool, put together in the order in which help shows them."""

from __future__ import annotations

import typer

from cli import (
    books,
    effects,
    failed,
    figures,
    forget,
    inbound,
    jobs,
    labels,
    mcp_command,
    merchants,
    orders,
    profiles,
    promise,
    registry,
    retry,
    rules,
    search,
    start,
    stock,
    table,
    webhooks,
    why,
)
from cli.commands import ToolGroup, command, root

app = typer.Typer(
    cls=ToolGroup,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(root)
app.add_typer(orders.app, name="order")
command(orders.app, "why")(why.why)
command(orders.app, "retry")(retry.retry)
command(orders.app, "return-label")(labels.return_label)
command(orders.app, "drop-effect")(effects.drop_effect)
command(orders.all_app, "forget")(forget.forget)
app.add_typer(orders.all_app, name="orders")
command(app, "search")(search.search)
app.add_typer(stock.app, name="sku")
app.add_typer(stock.stock_app, name="stock")
app.add_typer(inbound.app, name="inbound")
command(jobs.app, "start")(start.start)
app.add_typer(jobs.app, name="jobs")
app.add_typer(failed.app, name="failed")
command(app, "reconcile")(books.reconcile)
command(app, "usage")(books.usage)
command(app, "promise", watched=True)(promise.promise)
command(app, "figures")(figures.figures)
command(merchants.app, "show")(registry.show)
command(merchants.app, "set")(registry.set_settings)
command(merchants.app, "remove")(registry.remove)
command(merchants.app, "export")(registry.export)
command(merchants.app, "pause")(registry.pause)
command(merchants.app, "resume")(registry.resume)
app.add_typer(merchants.app, name="merchants")
app.add_typer(rules.app, name="rules")
command(app, "profiles")(profiles.profiles)
command(app, "mcp")(mcp_command.mcp)
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(table.app, name="table")
