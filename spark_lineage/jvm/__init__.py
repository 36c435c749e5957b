"""The only py4j: how the Python half talks to the listener on the JVM."""
