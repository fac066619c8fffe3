"""Looks at running processes and containers from outside, and says what a stop would do to them."""
