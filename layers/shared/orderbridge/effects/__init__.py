"""What must be said to a vendor once, and how it is said."""
