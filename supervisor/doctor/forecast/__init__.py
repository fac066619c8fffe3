"""What a stop would do with the services of a tree, told from its files."""
