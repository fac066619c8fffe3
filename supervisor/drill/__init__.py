"""Prove the promise: load a server, stop it, count what became of every request."""
