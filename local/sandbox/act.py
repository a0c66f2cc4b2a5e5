"""What all acts of the sandbox have in common: they are models of what they need, and are done one at a time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from local.sandbox.places import Places, Refusal

MOST_PIECES = 10_000


@dataclass(frozen=True)
class Done:
    """What came of an act, in words and as fields for JSON."""

    said: str
    fields: Mapping[str, Any] = field(default_factory=dict)


class Act(BaseModel):
    """One act. Its fields come from the command line as JSON, or from a form as text."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    merchant: str | None = None

    @property
    def changes(self) -> bool:
        """Whether it does more than look."""
        return True

    @abstractmethod
    def do(self, here: Places) -> Done:
        """Do it while nothing else changes at the vendors. Raises Refusal."""


class Look(Act):
    """An act that changes nothing."""

    @property
    def changes(self) -> bool:
        return False


def _several(value: Any) -> Any:
    """A form has several values in one field, with commas between them."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Texts = Annotated[tuple[str, ...], BeforeValidator(_several)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Pieces = Annotated[int, Field(ge=1, le=MOST_PIECES)]


def perform(kinds: Mapping[str, type[Act]], name: str, given: Mapping[str, Any], here: Places) -> Done:
    """Do the act of this name. Raises Refusal for what is wrong with it."""
    kind = kinds.get(name)
    if kind is None:
        raise Refusal(f"There is no act {name}. There are: {', '.join(kinds)}.")
    try:
        act = kind.model_validate(given)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in wrong["loc"])
        raise Refusal(f"{where or name}: {wrong['msg']}") from None
    if here.closed and act.changes:
        raise Refusal(here.closed)
    with here.held():
        done = act.do(here)
        if act.changes:
            here.done.append(done.said)
    return done
