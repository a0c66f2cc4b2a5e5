"""The merchant's products and bundles, as the warehouse is told about them (R19, R26)."""
