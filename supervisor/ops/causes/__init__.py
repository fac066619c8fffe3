"""Decides why a container ended, from evidence: never from the code alone."""
