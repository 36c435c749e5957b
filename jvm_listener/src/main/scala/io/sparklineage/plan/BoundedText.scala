package io.sparklineage.plan

/** Text for people, of bounded size. */
object BoundedText {

  /** At most `limit` characters; what is cut is shown by an ellipsis. */
  def bounded(text: String, limit: Int): String =
    if (text.length <= limit) text else text.substring(0, limit - 1) + "…"

  /** The items as texts; of many only the first and how many more there are: the others are not even written. */
  def listed[A](items: Seq[A], most: Int = 50)(text: A => String): String =
    if (items.lengthCompare(most) <= 0) items.map(text).mkString(", ")
    else items.take(most).map(text).mkString("", ", ", s", … ${items.length - most} more")
}

/** Names of columns and datasets as SQL writes them. */
object SqlNames {
  private val plain = "[A-Za-z_][A-Za-z0-9_]*".r.pattern

  def quoted(name: String): String =
    if (plain.matcher(name).matches) name else "`" + name.replace("`", "``") + "`"
}
