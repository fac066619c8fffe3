"""How PostgreSQL's container ends, ours and others: what `benchmarks.db` measures."""
