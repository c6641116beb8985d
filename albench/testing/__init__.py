"""What a plugin author tests with: views made by hand."""

from albench.testing.views import make_view

__all__ = ["make_view"]
