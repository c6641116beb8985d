"""Tables: files and libraries of rows and columns, read, typed, split, and made into features by the pool alone."""
