package io.sparklineage

import org.scalatest.Tag

/** Repeats at length what other tests prove: not in `make test`, but in `make test-slow`. */
object Slow extends Tag("io.sparklineage.Slow")
