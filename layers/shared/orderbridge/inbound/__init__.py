"""Goods on their way to the warehouse: advance shipping notices, from file to receipt (R23)."""
