package io.sparklineage;

import org.apache.spark.SparkConf;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.scheduler.SparkListenerApplicationStart;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.slf4j.LoggerFactory;

/**
 * The one class that a user names: {@code spark.extraListeners=io.sparklineage.LineageListener}.
 *
 * It hands Spark's events to {@link Observers}. Where this jar is for another Spark, or a vendor's Spark lacks what it
 * needs, it does nothing but say so, once, in Spark's log: its constructor never throws, and its callbacks never wait.
 */
public final class LineageListener extends SparkListener {
  private volatile SparkListener observers;

  public LineageListener(SparkConf conf) {
    try {
      String misfit = JarFit.misfit();
      if (misfit.isEmpty()) {
        observers = (SparkListener)
            Class.forName("io.sparklineage.Observers").getConstructor(SparkConf.class).newInstance(conf);
      } else {
        tell(misfit);
      }
    } catch (Exception | LinkageError fault) {
      tell("Spark lacks what the spark-lineage jar needs (" + fault + ").");
    }
  }

  private static void tell(String sentence) {
    LoggerFactory.getLogger("io.sparklineage").warn("Lineage is not recorded in full: " + sentence);
  }

  /** Spark's listener bus lets only exceptions pass: an error that a class of ours cannot be linked would stop it. */
  private void hand(java.util.function.Consumer<SparkListener> event) {
    SparkListener to = observers;
    if (to == null) return;
    try {
      event.accept(to);
    } catch (LinkageError fault) {
      observers = null;
      tell("Spark lacks what the spark-lineage jar needs (" + fault + ").");
    }
  }

  @Override
  public void onApplicationStart(SparkListenerApplicationStart event) {
    hand(to -> to.onApplicationStart(event));
  }

  @Override
  public void onApplicationEnd(SparkListenerApplicationEnd event) {
    hand(to -> to.onApplicationEnd(event));
  }

  @Override
  public void onJobStart(SparkListenerJobStart event) {
    hand(to -> to.onJobStart(event));
  }

  @Override
  public void onJobEnd(SparkListenerJobEnd event) {
    hand(to -> to.onJobEnd(event));
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    hand(to -> to.onTaskEnd(event));
  }

  @Override
  public void onOtherEvent(SparkListenerEvent event) {
    hand(to -> to.onOtherEvent(event));
  }
}
