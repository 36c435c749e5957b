package io.sparklineage;

import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/**
 * Whether this jar was built for the Spark and the Scala that run.
 *
 * In Java, as is {@link LineageListener}: the rest of the jar is Scala, which does not link with another Scala, and a
 * class that does not link would stop the user's SparkContext. So nothing of the rest is touched before this is asked.
 */
public final class JarFit {
  private static String said;

  private JarFit() {}

  /** One sentence that says what is wrong and what would fit; "" where all is well. Throws nothing. */
  public static synchronized String misfit() {
    if (said == null) {
      try {
        said = look(org.apache.spark.package$.MODULE$.SPARK_VERSION(), scala.util.Properties$.MODULE$.versionNumberString());
      } catch (Exception | LinkageError fault) {
        said = "The spark-lineage jar does not know this Spark (" + fault + ").";
      }
    }
    return said;
  }

  /** What is said of a Spark and a Scala of these versions. */
  static String look(String spark, String scala) throws Exception {
    Properties built = new Properties();
    try (InputStream file = JarFit.class.getResourceAsStream("line.properties")) {
      built.load(file);
    }
    List<String> lines = Arrays.asList(built.getProperty("spark").split(","));
    if (lines.contains(two(spark)) && built.getProperty("scala").equals(two(scala))) return "";
    return "The spark-lineage jar is for Spark " + String.join(" and ", lines) + " with Scala " + built.getProperty("scala")
        + ", but Spark " + spark + " with Scala " + scala + " runs: `spark-lineage jar --spark " + two(spark) + " --scala "
        + two(scala) + "` gives the path of the one that fits.";
  }

  private static String two(String version) {
    String[] parts = version.split("\\.");
    return parts.length < 2 ? version : parts[0] + "." + parts[1];
  }
}
