"""Messages between the functions: their shapes, how they are sent, and how deliveries are worked through."""
