package io.sparklineage

import scala.collection.convert.DecorateAsScala

/** `asScala` of Java's collections, which moved between Scala 2.12 and 2.13. */
object JavaCollections extends DecorateAsScala
