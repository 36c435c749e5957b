package io.sparklineage.plan.fragment

import io.sparklineage.plan.Reflected

import java.util.{Collections, WeakHashMap}

import org.apache.spark.sql.catalyst.expressions.PythonFuncExpression

/**
 * Hashes of the code of Python functions. The plan holds them pickled, with file names and line numbers in it; the
 * Python half hashes what they do and tells us when it hands one to Spark.
 */
object PythonCode {

  private val known = Collections.synchronizedMap(new WeakHashMap[Any, String]())

  /** @param udf what Python got from Spark for its function: an object with a member `func` */
  def learn(udf: Object, hash: String): Unit =
    Reflected.value(udf, "func").filter(isFunction).foreach(known.put(_, hash))

  def of(function: Any): Option[String] = Option(known.get(function))

  /** Spark's own type for it is not public. */
  def isFunction(value: Any): Boolean =
    value != null && value.getClass.getName.matches("org\\.apache\\.spark\\.api\\.python\\.\\w*PythonFunction")

  /** `name@hash`; `name@?` where the code is not known. */
  def named(p: PythonFuncExpression): String = named(p.name, p.func)

  def named(name: String, function: Any): String = s"$name@${of(function).getOrElse("?")}"
}
