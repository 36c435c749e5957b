package io.sparklineage

import org.apache.spark.SparkConf
import org.apache.spark.scheduler._

import io.sparklineage.boundary.{Marks, SteppedAside}
import io.sparklineage.emit.Observations

/**
 * The one class that a user names: `spark.extraListeners=io.sparklineage.LineageListener`.
 *
 * It brings the plan extension in by itself, because Spark hands a listener the live conf before the first session
 * is built, and passes Spark's events on. Its constructor never throws and its callbacks never wait.
 */
final class LineageListener(conf: SparkConf) extends SparkListener {

  private val observers: Seq[SparkListener] = Guard.value[Seq[SparkListener]]("listener", Nil) {
    Guard.setStrict(conf.getBoolean(Guard.StrictKey, java.lang.Boolean.getBoolean(Guard.StrictKey)))
    SteppedAside.forget()
    LineageExtensions.addTo(conf)
    Seq(MeasurementEnds, new Executions(conf, Observations.offer(_), node => Marks.of(node).map(_.id)))
  }

  private def tell(what: String)(event: SparkListener => Unit): Unit =
    observers.foreach(observer => Guard.run(what)(event(observer)))

  override def onApplicationStart(event: SparkListenerApplicationStart): Unit =
    tell("onApplicationStart")(_.onApplicationStart(event))

  override def onApplicationEnd(event: SparkListenerApplicationEnd): Unit =
    tell("onApplicationEnd")(_.onApplicationEnd(event))

  override def onEnvironmentUpdate(event: SparkListenerEnvironmentUpdate): Unit =
    tell("onEnvironmentUpdate")(_.onEnvironmentUpdate(event))

  override def onJobStart(event: SparkListenerJobStart): Unit = tell("onJobStart")(_.onJobStart(event))

  override def onJobEnd(event: SparkListenerJobEnd): Unit = tell("onJobEnd")(_.onJobEnd(event))

  override def onStageSubmitted(event: SparkListenerStageSubmitted): Unit =
    tell("onStageSubmitted")(_.onStageSubmitted(event))

  override def onStageCompleted(event: SparkListenerStageCompleted): Unit =
    tell("onStageCompleted")(_.onStageCompleted(event))

  override def onTaskEnd(event: SparkListenerTaskEnd): Unit = tell("onTaskEnd")(_.onTaskEnd(event))

  override def onOtherEvent(event: SparkListenerEvent): Unit = tell("onOtherEvent")(_.onOtherEvent(event))
}
