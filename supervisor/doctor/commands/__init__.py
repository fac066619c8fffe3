"""What a command line is: which program it runs in the end, and what for."""
