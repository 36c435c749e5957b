package io.sparklineage.program

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.attribute.PosixFilePermissions
import java.nio.file.{FileAlreadyExistsException, FileSystems, Files, Path, Paths, StandardOpenOption}
import java.security.SecureRandom

import scala.util.Try

/** What is created in a store can be read by its owner only, as `spark_lineage.privacy.files` has it. */
private[program] object PrivateFiles {
  private val posix = FileSystems.getDefault.supportedFileAttributeViews.contains("posix")

  private def allowed(text: String) = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text))

  def folder(path: Path): Unit = {
    if (posix) Files.createDirectories(path, allowed("rwx------")) else Files.createDirectories(path)
    ()
  }

  def write(path: Path, text: String): Unit = {
    if (posix) Files.createFile(path, allowed("rw-------")) else Files.createFile(path)
    Files.write(path, text.getBytes(UTF_8), StandardOpenOption.WRITE)
    ()
  }
}

/** The secret of a store, from which hashes of masked values are made, as `spark_lineage.privacy.keys` has it. */
private[program] object StoreKey {
  private val Name = "mask.key"
  private val Bytes = 32

  /** Made if the store has none: of several processes that make one at once, one wins. Throws what the files do. */
  def of(store: Path): Array[Byte] = {
    val file = store.resolve(Name)
    if (!Files.exists(file)) {
      PrivateFiles.folder(store)
      val secret = new Array[Byte](Bytes)
      new SecureRandom().nextBytes(secret)
      val beside = store.resolve(s"$Name.${ProcessHandle.current.pid}.${System.nanoTime}")
      PrivateFiles.write(beside, secret.map(byte => f"$byte%02x").mkString)
      try Files.createLink(file, beside)
      catch { case _: FileAlreadyExistsException => () }
      finally Files.delete(beside)
    }
    new String(Files.readAllBytes(file), UTF_8).trim.getBytes(UTF_8)
  }
}

/** Who writes, as `spark_lineage.store.wal` describes a process: readers tell by it whether the run goes on. */
private[program] object ThisProcess {
  def document(format: Int): String = {
    val pid = ProcessHandle.current.pid
    s"""{"host":"$host","pid":$pid,"started":${begun.fold("null")("\"" + _ + "\"")},"format":$format}"""
  }

  private def host: String =
    read("/proc/sys/kernel/hostname").map(_.trim)
      .getOrElse(Try(java.net.InetAddress.getLocalHost.getHostName).getOrElse("")).replaceAll("[\"\\\\\\s]", "")

  /** In ticks since the machine began. */
  private def begun: Option[String] =
    read("/proc/self/stat").flatMap(stat =>
      Try(stat.substring(stat.lastIndexOf(')') + 1).trim.split("\\s+")(19)).toOption
    )

  private def read(path: String): Option[String] = Try(new String(Files.readAllBytes(Paths.get(path)), UTF_8)).toOption
}

/** UUID version 7 (RFC 9562): sorts by time, as the runs of the Python half do. */
private[program] object RunId {
  private val random = new SecureRandom

  def made(milliseconds: Long): String = {
    val high = (milliseconds << 16) | 0x7000L | (random.nextInt(1 << 12) & 0xfff).toLong
    val low = (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L
    new java.util.UUID(high, low).toString
  }
}
