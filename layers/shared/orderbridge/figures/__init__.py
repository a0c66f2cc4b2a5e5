"""Figures: what happened to the orders of each merchant, day by day, counted from the table's stream."""
