"""The order board's pages: HTML made of what `orderbridge.services.order_board` finds."""
