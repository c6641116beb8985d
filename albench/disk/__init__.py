"""What is on the disk, whole or not at all: files, claims and who holds them, a trial's log. Any room may ask it."""
