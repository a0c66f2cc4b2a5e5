"""Which kit a bundle would be, by what the table knows of its components, or why it cannot be one (R26)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderbridge.ledger.sku import Sku
from orderbridge.products import problems as product_problems

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Problem
    from orderbridge.products.kit_records import KitRecords
    from orderbridge.products.kits import KitComponent
    from orderbridge.products.ports import Workspace
    from orderbridge.products.product_records import ProductRecord
    from orderbridge.products.products import Product


@dataclass(frozen=True)
class Kit:
    """A bundle that was checked.

    Attributes:
        contents: pieces by SKU.
        problems: why it is no kit; some may end with another product.
        unseen: components of which nothing is known yet.
    """

    contents: Mapping[str, int]
    problems: tuple[Problem, ...] = ()
    unseen: tuple[str, ...] = ()


def known_pieces(kits: KitRecords, reported: Mapping[str, int] | None) -> dict[str, int]:
    """The pieces of an order as the warehouse reports them, by SKU; none if there is a kit, because it is not
    documented when the warehouse takes a kit's pieces from what it can promise.
    """
    return {} if not reported or kits.get_many(reported) else dict(reported)


def check_kits(workspace: Workspace, bundles: Iterable[Product]) -> dict[int, Kit]:
    """The checked bundles, by their Billbee ids. Only the table is read."""
    bundles = list(bundles)
    components = [one for bundle in bundles for one in bundle.components]
    by_id = workspace.products.get_many(one.product_id for one in components if one.product_id is not None)
    by_sku = workspace.products.by("SKU", [one.sku for one in components if one.product_id is None and one.sku])

    def known(one: KitComponent) -> ProductRecord | None:
        return by_sku.get(Sku(one.sku).key) if one.product_id is None else by_id.get(one.product_id)

    return {bundle.id: _kit(bundle, [(one, known(one)) for one in bundle.components]) for bundle in bundles}


def _kit(bundle: Product, components: Iterable[tuple[KitComponent, ProductRecord | None]]) -> Kit:
    contents = Counter[str]()
    found: list[Problem] = []
    unseen = []
    for component, record in components:
        name = component.sku or str(component.product_id or "?")
        if record is None:
            unseen.append(name)
        elif record.kit:
            found.append(product_problems.kit_in_kit(bundle.sku, name))
        elif not record.sku:  # it was refused itself
            found.append(product_problems.component_not_there(bundle.sku, name))
        else:
            contents[record.sku] += int(component.amount)
    return Kit(dict(contents), tuple(dict.fromkeys(found)), tuple(unseen))
