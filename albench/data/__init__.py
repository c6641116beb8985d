"""What a pool is made of: its items in blocks, what is labelled, checks and hashes of loaded data, and loading."""
