"""Checks of a recorded run: what its facts and plans show to be wrong, or may not tell. Reads the record only."""
