"""What a machine does in a second, and what albench's own steps and queries cost there: one measurement for all."""
