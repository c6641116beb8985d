"""Built-in methods: supervised, pseudo-label, FixMatch and BoostMIS's adaptive pseudo labelling."""
