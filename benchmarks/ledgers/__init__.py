"""The parts of `benchmarks.ledger`."""
