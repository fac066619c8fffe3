"""One PID 1 beside the others: what it costs, what it loses, what it tells."""
