"""What a shell script does: as PID 1, at a stop, and on its way."""
