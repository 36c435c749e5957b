package io.sparklineage

import org.apache.spark.SparkConf
import org.apache.spark.scheduler._

import io.sparklineage.boundary.Marks
import io.sparklineage.connect.ConnectJournal
import io.sparklineage.emit.Observations
import io.sparklineage.model.{Application, Observation}
import io.sparklineage.probe.SteppedAside
import io.sparklineage.program.ProgramRecord

/**
 * What hears Spark's events: `LineageListener`, which Spark knows, makes one and hands them on.
 *
 * It brings the plan extension in by itself, because Spark hands a listener the live conf before the first session
 * is built. Its constructor never throws, its callbacks never wait and each observer swallows its own faults, so that
 * the others hear of the event.
 */
final class Observers(conf: SparkConf) extends SparkListener {

  private val observers: Seq[SparkListener] = Guard.value[Seq[SparkListener]]("listener", Nil) {
    Guard.setStrict(conf.getBoolean(Guard.StrictKey, java.lang.Boolean.getBoolean(Guard.StrictKey)))
    SteppedAside.forget()
    Guard.run("begin program record")(ProgramRecord.begin(conf))
    LineageExtensions.addTo(conf)
    Seq(MeasurementEnds, new Executions(conf, seen, node => Marks.of(node).map(_.id)))
  }

  private def seen(observation: Observation): Unit = {
    observation match {
      case application: Application => ConnectJournal.started(application)
      case _ =>
    }
    Observations.offer(observation)
    ()
  }

  private def tell(event: SparkListener => Unit): Unit = observers.foreach(event)

  override def onApplicationStart(event: SparkListenerApplicationStart): Unit =
    Guard.run("onApplicationStart")(tell(_.onApplicationStart(event)))

  override def onApplicationEnd(event: SparkListenerApplicationEnd): Unit =
    Guard.run("onApplicationEnd") {
      tell(_.onApplicationEnd(event))
      Guard.run("end program record")(ProgramRecord.end(event.time / 1000.0))
    }

  override def onJobStart(event: SparkListenerJobStart): Unit =
    Guard.run("onJobStart")(tell(_.onJobStart(event)))

  override def onJobEnd(event: SparkListenerJobEnd): Unit =
    Guard.run("onJobEnd")(tell(_.onJobEnd(event)))

  override def onTaskEnd(event: SparkListenerTaskEnd): Unit =
    Guard.run("onTaskEnd")(tell(_.onTaskEnd(event)))

  override def onOtherEvent(event: SparkListenerEvent): Unit =
    Guard.run("onOtherEvent")(tell(_.onOtherEvent(event)))
}
