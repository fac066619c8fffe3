"""What was found, as people and programs want to have it."""
