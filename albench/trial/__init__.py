"""One trial: its pool, its hidden labels, what a strategy may see, its rounds, alone or with other seeds."""
