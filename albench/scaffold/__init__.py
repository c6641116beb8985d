"""Templates of plugin packages, read by ``albench new``."""
