"""What every command uses: the deployment, its merchants, and the output."""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from cli.failures import BadInput, NotThere, nearest
from cli.local_stack import FastClock, local_stacks
from cli.output import Output
from cli.stack import Clients, Found, find

if TYPE_CHECKING:
    from cli.choice import Choice
    from orderbridge.bootstrap import Deployment
    from orderbridge.jobs.messages import Message
    from orderbridge.merchants.registry import MerchantListing, Registry
    from orderbridge.merchants.settings import MerchantSettings
    from orderbridge.platform.clock import Clock
    from orderbridge.workspace import Workspace

WORKING_SECONDS: Final = 600
"""How long a command may call vendors, including their throttles."""


class Tool:
    """One invocation of the tool. Nothing is loaded or asked before a command needs it.

    Args:
        debug: show the log lines of the layer.
        exits: undone when the command ends.
    """

    def __init__(self, choice: Choice, out: Output, *, debug: bool, exits: ExitStack) -> None:
        self.choice = choice
        self.target = choice.target
        self.out = out
        self._debug = debug
        self._exits = exits
        self.clients = Clients(choice.target)
        self.correlation_id = f"operator-{uuid.uuid4()}"

    def anew(self, exits: ExitStack, out: Output | None = None) -> Tool:
        """The same, without anything that was read before; with another output if that is given."""
        again = Tool(self.choice, out or self.out, debug=self._debug, exits=exits)
        again.clients = self.clients
        return again

    @cached_property
    def found(self) -> Found:
        return find(self.target, self.clients)

    @cached_property
    def clock(self) -> Clock:
        from orderbridge.platform.clock import SYSTEM_CLOCK

        stacks = local_stacks()[0] if self.target.is_local else ()
        used = next((one for one in stacks if one.aws == self.target.endpoint_url), None)
        return FastClock(SYSTEM_CLOCK, used) if used and used.speed != 1 else SYSTEM_CLOCK

    @property
    def patience(self) -> Clock:
        """The clock of whoever waits for the tool, also where the deployment's clock runs fast."""
        return self.clock.machine if isinstance(self.clock, FastClock) else self.clock

    @property
    def working_seconds(self) -> float:
        """`WORKING_SECONDS` on the deployment's clock."""
        return WORKING_SECONDS * (self.clock.speed if isinstance(self.clock, FastClock) else 1)

    @cached_property
    def deployment(self) -> Deployment:
        from cli.quiet import layer_logs
        from orderbridge.bootstrap import Deployment

        found = self.found
        self._exits.enter_context(layer_logs(shown=self._debug))
        return Deployment(found.variables, clock=self.clock, client=self.clients)

    # -- merchants

    @property
    def registry(self) -> Registry:
        return self.deployment.registry

    @cached_property
    def listing(self) -> MerchantListing:
        """All merchants, and whether all are paused, as it was when the command first asked."""
        return self.registry.listing(consistent=True)

    @property
    def settings_texts(self) -> dict[str, str]:
        """The present settings of every merchant, by merchant."""
        return self.listing.merchants

    @cached_property
    def who(self) -> str:
        """Who changes something: the caller as AWS names it, or this machine's user."""
        if not self.target.is_local:
            return str(self.clients("sts").get_caller_identity()["Arn"]).rpartition(":")[2]
        try:
            return getpass.getuser()
        except (KeyError, OSError):  # a container without a name for its user
            return "operator"

    def merchant(self, name: str | None) -> str:
        """The intended merchant; may be omitted if there is only one. Raises ToolError."""
        known = list(self.settings_texts)
        if name is None:
            if len(known) == 1:
                return known[0]
            if not known:
                raise self.no_merchants()
            raise BadInput("which merchant?", f"say it with --merchant: {', '.join(known[:8])}")
        if name not in known:
            raise BadInput(f"there is no merchant {name!r} at stage {self.found.stage}", nearest(name, known))
        return name

    def merchants(self, name: str | None) -> list[str]:
        """One merchant, or all of them."""
        return [self.merchant(name)] if name is not None else list(self.settings_texts)

    def no_merchants(self) -> NotThere:
        return NotThere(
            f"stage {self.found.stage} has no merchant yet", "orderbridge merchants add NAME, or --file merchants.json"
        )

    def settings(self) -> dict[str, MerchantSettings]:
        """The readable settings, by merchant; `merchants list` shows the others."""
        from orderbridge.merchants.settings import find_settings
        from orderbridge.platform.errors import SettingsError

        read = {}
        for name, text in self.settings_texts.items():
            try:
                read[name] = find_settings(name, text).settings
            except SettingsError:
                continue
        return read

    def settings_mode(self, merchant: str) -> str | None:
        """The mode of a merchant, or None if its settings cannot be read; ``paused`` while all are."""
        if self.listing.pause is not None:
            return "paused"
        settings = self.settings().get(merchant)
        return settings.mode if settings else None

    def how_to_resume(self, merchant: str) -> str:
        """The command that ends the pause of a merchant, or of all."""
        return f"orderbridge merchants resume {'--all' if self.listing.pause is not None else merchant}"

    # -- work

    @contextmanager
    def working(self, merchant: str) -> Iterator[Workspace]:
        """The merchant's workspace, even if it is paused. Its calls are counted like all others."""
        with self.deployment.working(self.working_seconds) as deployment:
            yield deployment.any_workspace(merchant)

    @property
    def senders(self) -> Mapping[str, Callable[[Sequence[Message]], None]]:
        """The sender of each queue."""
        return self.deployment.senders

    def webhook_url(self, merchant: str, given: str | None) -> str | None:
        """The address where Billbee rings for a merchant: the given one, the deployment's, or that of the local stack
        that runs. Raises BadInput."""
        if given is None and (pattern := self.found.webhook_url) is not None:
            return pattern.replace("MERCHANT", merchant)
        if given is None and self.target.is_local:
            given = next((one.url for one in local_stacks()[0] if one.aws == self.target.endpoint_url), None)
        if given is None:
            return None
        if not given.startswith(("https://", "http://")):
            raise BadInput(f"--url {given!r} is no http address")
        path = f"/webhooks/billbee/{merchant}"
        given = given.rstrip("/").replace("MERCHANT", merchant)
        return given if given.endswith(path) else given + path

    @property
    def ssm(self) -> Any:
        return self.clients("ssm")
