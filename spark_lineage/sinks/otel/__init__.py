"""A run as an OpenTelemetry trace: a span for the run and for each of its steps, exported by OTLP.

``spans`` makes them from the graph, ``attributes`` says what they hold, ``configuration`` where they go. ``export``
alone knows OpenTelemetry's SDK, and only processes of ours import it: a program that has OpenTelemetry, too, finds its
providers, its logging and its threads as they were.
"""
