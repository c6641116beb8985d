"""An albench query strategy: small margins, spread out."""
