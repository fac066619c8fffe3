"""What `benchmarks.fleet` measures: three servers in a row, 200 services, and their lines."""
