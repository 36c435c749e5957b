from .cleaning import Cleaner

__all__ = ["Cleaner"]
