package io.sparklineage.program

import java.util.Locale

import scala.util.Try

import org.apache.spark.SparkConf

/** The options of ours that hold for a program without a Python half: those of the environment, then the Spark conf. */
final private[program] class ProgramSettings(conf: SparkConf, environment: Map[String, String] = sys.env) {
  import ProgramSettings._

  def enabled: Boolean = !option("enabled").exists(value => isOff(value))

  private def isOff(value: String): Boolean = off.contains(value.trim.toLowerCase(Locale.ROOT))

  def store: String = option("store").getOrElse("lineage")

  def mode: String = option("mode").getOrElse("flow")

  def masksPersonal: Boolean = !option("mask.personal").exists(value => isOff(value))

  def maskKey: Option[String] = option("mask.key")

  def masksLiterals: Boolean = option("mask.literals").exists(value => !isOff(value))

  def app: Option[String] = option("app")

  def labels: Map[String, String] = {
    val variables = environment.collect {
      case (name, value) if name.startsWith(LabelVariable) => name.drop(LabelVariable.length).toLowerCase -> value
    }
    val written = option("labels").toSeq.flatMap(_.split(',')).map(_.split("=", 2)).collect {
      case Array(name, value) => name.trim -> value.trim
    }
    conf.getAll.collect {
      case (name, value) if name.startsWith(LabelKey) => name.drop(LabelKey.length) -> value
    }.toMap ++
      written ++ variables
  }

  private def option(name: String): Option[String] =
    environment.get(Variable + name.toUpperCase(Locale.ROOT).replace(".", "__"))
      .orElse(Try(conf.get(Key + name)).toOption).filter(_.nonEmpty)
}

private[program] object ProgramSettings {
  private val Key = "spark.lineage."
  private val Variable = "SPARK_LINEAGE__"
  private val LabelKey = "spark.lineage.labels."
  private val LabelVariable = "SPARK_LINEAGE__LABELS__"
  private val off = Set("false", "no", "off", "0")
}
