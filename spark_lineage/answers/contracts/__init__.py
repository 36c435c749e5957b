"""Contracts of metrics: what a column must mean, compared with what the recorded plans say that it means."""
