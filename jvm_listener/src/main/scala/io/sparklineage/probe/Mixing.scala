package io.sparklineage.probe

/**
 * The arithmetic of the row fingerprint, defined in `docs/fingerprint.md`. All of it is modulo 2^64.
 *
 * The hash of a row is a polynomial over its column hashes; these are well mixed already, so that one
 * multiplication a column is enough and the chain of dependent steps stays short.
 */
object Mixing {
  final val Seed = 42L

  /** Odd, and `Factor - 1` is twice an odd number: two columns that swap their values change the sum. */
  final val Factor = 0x9e3779b97f4a7c17L

  def fold(hash: Long, column: Long): Long = hash * Factor + column

  /** Finalizer of SplitMix64 ("mix 13" of D. Stafford, "Better Bit Mixing", 2011). */
  def mixA(hash: Long): Long = {
    var h = hash
    h = (h ^ (h >>> 30)) * 0xbf58476d1ce4e5b9L
    h = (h ^ (h >>> 27)) * 0x94d049bb133111ebL
    h ^ (h >>> 31)
  }

  /** Finalizer of MurmurHash3 (A. Appleby), over the complement. */
  def mixB(hash: Long): Long = {
    var h = ~hash
    h = (h ^ (h >>> 33)) * 0xff51afd7ed558ccdL
    h = (h ^ (h >>> 33)) * 0xc4ceb9fe1a85ec53L
    h ^ (h >>> 33)
  }
}
