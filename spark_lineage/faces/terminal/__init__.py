"""Answers for people at a terminal. Every table is drawn by ``table.py``."""
