"""What the source says before it runs: functions, their statements, and which bodies are divided into steps."""

from spark_lineage.static.reading import SourceReader, read_source

__all__ = ["SourceReader", "read_source"]
