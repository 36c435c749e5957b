"""Java options of the JVMs that tests start."""

# Programs of some seconds: what the second compiler costs them, they do not live to gain. With the first alone Java's
# default for the code cache is 48 MB, which a longer program fills; the JVM then says so on stdout and interprets.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
