"""The merchant's products and bundles, and what the warehouse is told about them (R19, R26)."""
