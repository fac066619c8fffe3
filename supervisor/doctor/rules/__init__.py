"""The rules, a module each: its name is the id, and its RULE is found by itself."""
