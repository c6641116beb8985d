"""What is stored: written, read back, compared with what would be made now, merged, archived and followed."""
