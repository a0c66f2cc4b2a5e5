"""BiBi's bills of material: what a kit consists of. A new one replaces the old one, also for orders that the warehouse
has not begun with.
"""

from typing import Any

from flask import request

from local.simulators.bibi.service import Service
from local.simulators.server import Answer


class BomRoutes:
    """The routes, on a service. The documents leave their paths out."""

    def __init__(self, bibi: Service) -> None:
        self._bibi = bibi
        bibi.route(f"POST /{bibi.paths['bom_upsert']}", self._upsert_one)
        bibi.route(f"POST /{bibi.paths['bom_upsert_many']}", self._upsert_many)
        for method in ("GET", "POST"):
            bibi.route(f"{method} /{bibi.paths['bom_get']}/{{number}}", self._get)
            bibi.route(f"{method} /{bibi.paths['bom_list']}", self._list)

    def _upsert_one(self) -> Answer:
        return self._upsert([self._asked()])

    def _upsert_many(self) -> Answer:
        boms = self._asked()
        if not isinstance(boms, list) or not boms:
            raise self._bibi.refuse("The request must be a list of at least one bill of materials.")
        return self._upsert(boms)

    def _asked(self) -> Any:
        """The request, as JSON body or as form field."""
        if self._bibi.readings["bom"] == "form":
            return self._bibi.json_field(self._bibi.form("json"), "json")
        if request.form or not request.is_json:
            raise self._bibi.refuse("The request is not JSON.", status=400)
        return request.get_json(silent=True)

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
            return self._bibi.none_found(f"Product {number}")
        components = [
            {"component_product_number": component, "component_quantity": count}
            for component, count in contents.items()
        ]
        return self._bibi.success([{"components": components, "product_number": number}])

    def _list(self) -> Answer:
        fields = self._bibi.form("offset")
        boms = self._bibi.account().boms
        return self._bibi.listed([row for number, contents in boms.items() for row in _rows(number, contents)], fields)


def _rows(kit: str, contents: dict[str, int]) -> list[dict[str, str]]:
    """Quantities come as text."""
    return [
        {"product_number": kit, "component_quantity": str(count), "component_product_number": number}
        for number, count in contents.items()
    ]
