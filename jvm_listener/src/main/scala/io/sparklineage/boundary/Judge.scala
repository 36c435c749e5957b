package io.sparklineage.boundary

/** Says whether the boundaries of a query cost it anything. */
object Judge {
  private val plainHere = new ThreadLocal[java.lang.Boolean]

  /** This thread plans a query without boundaries. */
  def plain: Boolean = plainHere.get() != null

  /** Runs `body` with our rules off in this thread. */
  def withoutBoundaries[A](body: => A): A = {
    val before = plainHere.get()
    plainHere.set(java.lang.Boolean.TRUE)
    try body finally plainHere.set(before)
  }
}
