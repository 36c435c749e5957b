"""What the program runs in: its git repository, the run that started it, the trace that it belongs to.

Nothing here is part of the program. Each module answers one question and knows only the seam types.
"""
