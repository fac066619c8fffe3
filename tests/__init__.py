"""Tests, one folder per package; fast ones first, those that start containers last."""
