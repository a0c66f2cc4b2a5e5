"""Whether orders are billed as they were sold (R20)."""
