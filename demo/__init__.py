"""A stop in the middle of load, to be looked at: `make demo`."""
