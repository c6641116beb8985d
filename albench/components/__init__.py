"""Components by name: what a spec says, what plugins declare, and the registry that finds, checks and builds them."""
