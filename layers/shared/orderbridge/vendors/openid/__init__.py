"""The client of an OpenID provider, which signs people in."""
