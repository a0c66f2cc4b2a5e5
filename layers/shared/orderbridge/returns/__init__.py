"""What came back to the warehouse, and labels to send it with (R17, R24)."""
