"""Reads files: bytes in, data with line numbers out, and a Skip for what can't be read."""
