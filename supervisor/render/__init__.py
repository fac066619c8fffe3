"""Pictures and words of a stop, from report documents alone: no clock, no file, no network."""
