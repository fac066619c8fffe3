"""What can be drilled, one kind to a module."""
