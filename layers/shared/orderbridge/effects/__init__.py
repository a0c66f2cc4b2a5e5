"""What has to be said to a vendor once, and the one way in which it is said."""
