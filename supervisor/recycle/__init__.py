"""When a worker is replaced by a fresh one: decided here as data, performed by the runtime."""
