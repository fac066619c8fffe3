"""What the files say together: images, what is run of them, and as what."""
