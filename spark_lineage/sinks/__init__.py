"""Where events go: the journal first, everything else from there."""
