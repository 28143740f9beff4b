package dev.upcall.sample

import com.github.ajalt.clikt.core.main

/** Ask one question on the JVM: `sample-cli --help`. */
public fun main(arguments: Array<String>): Unit = Ask().main(arguments)
