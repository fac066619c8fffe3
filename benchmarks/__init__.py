"""Measured claims: every number in the documentation comes out of here."""
