package io.sparklineage

import java.util.concurrent.{Callable, Executors, Future, TimeUnit, TimeoutException}

/** Describes plans beside the user's program: one daemon thread, in the order of the marks. */
private[sparklineage] object FragmentThread {
  private val worker = Executors.newSingleThreadExecutor { (work: Runnable) =>
    val thread = new Thread(work, "spark-lineage-fragments")
    thread.setDaemon(true)
    thread
  }

  def submit[A](body: => A): Future[A] = worker.submit(new Callable[A] { override def call(): A = body })

  /** Waits until everything submitted so far is done; false if it took longer than that. */
  def settle(timeoutMs: Long): Boolean =
    try { submit(()).get(timeoutMs, TimeUnit.MILLISECONDS); true }
    catch { case _: TimeoutException => false }
}
