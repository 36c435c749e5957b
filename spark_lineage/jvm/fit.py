"""Whether the JVM half can be called in a driver: it asks no class of the jar but the two that are no Scala."""

from __future__ import annotations

from typing import Any


def has_listener(jvm: Any) -> bool:
    """Whether a jar of ours, for whatever Spark, is on the classpath of the driver."""
    return _is_class(jvm.io.sparklineage.LineageListener)


def why_not(jvm: Any) -> str:
    """Why the JVM half cannot be called, in one sentence for the user; "" where it can."""
    if not has_listener(jvm):
        return (
            "The spark-lineage jar is not on the driver's classpath: "
            'give spark-submit --jars "$(spark-lineage jar)", or set spark.jars.'
        )
    if not _is_class(jvm.io.sparklineage.JarFit):
        return "The spark-lineage jar is older than this package: `spark-lineage jar` gives the path of its own."
    return str(jvm.io.sparklineage.JarFit.misfit())


def _is_class(member: Any) -> bool:
    """What is no class is a package to py4j."""
    from py4j.java_gateway import JavaClass

    return isinstance(member, JavaClass)
