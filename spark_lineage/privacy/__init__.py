"""What hides secrets and personal values: one set of rules, applied before anything is written."""
