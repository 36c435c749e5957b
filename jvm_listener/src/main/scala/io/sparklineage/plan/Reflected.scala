package io.sparklineage.plan

import scala.util.Try

/** Reads of members of classes that we do not compile against (Delta, Iceberg, Hive, `private[sql]`). */
object Reflected {

  /** The value of a public method without parameters; None if there is none, or it fails, or gives null. */
  def value(target: Any, method: String): Option[Any] =
    Option(target).flatMap(t => Try(call(t.asInstanceOf[AnyRef], method)).toOption).flatMap(Option(_))

  /** As above, through several methods, with options opened on the way. */
  def path(target: Any, methods: String*): Option[Any] =
    methods.foldLeft(Option(target))((at, method) => at.flatMap(value(_, method)).flatMap(opened))

  /** What a public method gives for one text. None as above. */
  def of(target: Any, method: String, argument: String): Option[Any] =
    Option(target).flatMap { t =>
      Try {
        val found = t.getClass.getMethod(method, classOf[String])
        found.setAccessible(true)
        found.invoke(t, argument)
      }.toOption
    }.flatMap(Option(_))

  /** The value of a private field: what a constructor was given and no method tells. None as above. */
  def field(target: Any, name: String): Option[Any] =
    Option(target).flatMap { t =>
      Try {
        val field = t.getClass.getDeclaredField(name)
        field.setAccessible(true)
        field.get(t)
      }.toOption
    }.flatMap(Option(_))

  private def opened(value: Any): Option[Any] = value match {
    case o: Option[_] => o
    case other => Option(other)
  }

  private def call(target: AnyRef, name: String): Any = {
    val method = target.getClass.getMethod(name)
    // A public method of a class that is not public.
    method.setAccessible(true)
    method.invoke(target)
  }
}
