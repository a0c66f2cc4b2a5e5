"""Returns to the warehouse, and labels for them (R17, R24)."""
