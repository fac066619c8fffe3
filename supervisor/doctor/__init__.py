"""Finds shutdown bugs in a project's files, together, before they cost requests."""
