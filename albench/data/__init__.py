"""Data sets as they are read: loaded, checked, hashed, and handed out in blocks."""
