"""The hub's webhooks: what is called, and for which events (R21)."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr


@dataclass(frozen=True)
class Webhook:
    """A registered webhook. Its secret never shows in a repr.

    Attributes:
        filters: the names of the events that it is registered for.
    """

    id: str
    url: str = ""
    secret: SecretStr | None = None
    filters: tuple[str, ...] = ()
    description: str = ""
    is_paused: bool = False
