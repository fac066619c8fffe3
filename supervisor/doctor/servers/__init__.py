"""Which server a service ends in, and its effective settings."""
