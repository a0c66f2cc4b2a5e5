"""What an order is and what is known of it: its numbers, its status, what was done, what must still be said."""
