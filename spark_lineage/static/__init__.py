"""What the source says before it runs: functions, their statements, and which bodies are divided into steps."""

from spark_lineage.static.reading import SourceReader

__all__ = ["SourceReader"]
