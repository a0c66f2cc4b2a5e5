"""BiBi's bills of material: what a kit consists of. A new one replaces the old, and holds for orders that the warehouse
has not begun with.
"""

from typing import TYPE_CHECKING, Any

from local.simulators.server import Answer

if TYPE_CHECKING:
    from local.simulators.bibi.server import Bibi


class BomRoutes:
    """The routes, on a service. The documents leave their paths out; the request is the field `json`."""

    def __init__(self, bibi: "Bibi") -> None:
        self._bibi = bibi
        bibi.route(f"POST /{bibi.paths['bom_upsert']}", self._upsert_one)
        bibi.route(f"POST /{bibi.paths['bom_upsert_many']}", self._upsert_many)
        for method in ("GET", "POST"):
            bibi.route(f"{method} /{bibi.paths['bom_get']}/{{number}}", self._get)
            bibi.route(f"{method} /{bibi.paths['bom_list']}", self._list)

    def _upsert_one(self) -> Answer:
        return self._upsert([self._bibi.json_field(self._bibi.form("json"), "json")])

    def _upsert_many(self) -> Answer:
        boms = self._bibi.json_field(self._bibi.form("json"), "json")
        if not isinstance(boms, list) or not boms:
            raise self._bibi.refuse("json must be a list of at least one bill of materials.")
        return self._upsert(boms)

    def _upsert(self, boms: list[Any]) -> Answer:
        for bom in boms:
            self._check(bom)
        for bom in boms:
            contents = {one["component_product_number"]: one["component_quantity"] for one in bom["components"]}
            self._bibi.account().set_bom(bom["product_number"], contents)
        return self._bibi.success(boms)

    def _check(self, bom: Any) -> None:
        refuse, account = self._bibi.refuse, self._bibi.account()
        match bom:
            case {"product_number": str(kit), "components": list(components), **rest} if not rest:
                pass
            case _:
                raise refuse("A bill of materials has a product_number and components.")
        if kit not in account.products:
            raise refuse(f"Product {kit} does not exist.")
        if not components:
            raise refuse(f"The kit {kit} has no components.")
        for component in components:
            match component:
                case {"component_product_number": str(number), "component_quantity": int(count), **rest} if not rest:
                    pass
                case _:
                    raise refuse("A component has a component_product_number and a component_quantity.")
            if number not in account.products or number == kit or number in account.boms:
                raise refuse(f"Product {number} cannot be a component of {kit}.")
            if isinstance(count, bool) or count < 1:
                raise refuse(f"The quantity of {number} must be at least 1.")

    def _get(self, number: str) -> Answer:
        self._bibi.form()
        contents = self._bibi.account().boms.get(number)
        if contents is None:
            raise self._bibi.refuse("Resource was not found.", 404, status=404)
        return self._bibi.success(_rows(number, contents))

    def _list(self) -> Answer:
        self._bibi.form()
        boms = self._bibi.account().boms
        return self._bibi.success([row for number, contents in boms.items() for row in _rows(number, contents)])


def _rows(kit: str, contents: dict[str, int]) -> list[dict[str, str]]:
    """Quantities come as text."""
    return [
        {"product_number": kit, "component_quantity": str(count), "component_product_number": number}
        for number, count in contents.items()
    ]
