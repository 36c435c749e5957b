package io.sparklineage.plan.fragment

import io.sparklineage.Latest
import io.sparklineage.plan.Reflected

import java.security.MessageDigest
import java.util.{Collections, WeakHashMap}

import org.apache.spark.sql.catalyst.expressions.PythonFuncExpression

/**
 * Hashes of the code of Python functions. The plan holds them pickled, with file names and line numbers in it; the
 * Python half hashes what they do and tells us when it hands one to Spark.
 */
object PythonCode {

  private val MostSent = 10000
  private val sent = new Latest[String, String](MostSent, _ => ())
  private val known = Collections.synchronizedMap(new WeakHashMap[Any, String]())

  /** @param udf what Python got from Spark for its function: an object with a member `func` */
  def learn(udf: Object, hash: String): Unit =
    Reflected.value(udf, "func").filter(isFunction).foreach(known.put(_, hash))

  /** A function that a client of Spark Connect sends: the digest of its bytes stands for it. */
  def learnBytes(digest: String, hash: String): Unit = {
    sent.put(digest, hash)
    ()
  }

  def of(function: Any): Option[String] =
    Option(known.get(function)).orElse(if (sent.size == 0) None else digestOf(function).flatMap(sent.get))

  private def digestOf(function: Any): Option[String] = Reflected.value(function, "command").collect {
    case bytes: collection.Seq[_] =>
      val digest = MessageDigest.getInstance("SHA-256").digest(bytes.map(_.asInstanceOf[Byte]).toArray)
      digest.take(8).map(byte => f"${byte & 0xff}%02x").mkString
  }

  /** Spark's own type for it is not public. */
  def isFunction(value: Any): Boolean =
    value != null && value.getClass.getName.matches("org\\.apache\\.spark\\.api\\.python\\.\\w*PythonFunction")

  /** `name@hash`; `name@?` where the code is not known. */
  def named(p: PythonFuncExpression): String = named(p.name, p.func)

  def named(name: String, function: Any): String = s"$name@${of(function).getOrElse("?")}"
}
