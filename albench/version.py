"""The version of albench, for all that says it."""

__version__ = "0.1.0"
