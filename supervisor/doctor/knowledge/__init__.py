"""What was measured of shells, wrappers, servers and platforms, as data with its source."""
