"""What is run, and how it is stopped: images, files in them, and the chain of programs."""
