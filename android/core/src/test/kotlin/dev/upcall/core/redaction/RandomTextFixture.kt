package dev.upcall.core.redaction

import kotlin.random.Random

/** Texts and cuts of one seed: the same in every run, so that what fails once fails again. */
class RandomTexts(seed: Int) {
    private val random = Random(seed)

    /** One of [pieces], or a few characters of any kind, at most [most] times. */
    fun text(pieces: List<String>, most: Int = 15): String =
        (0 until random.nextInt(most + 1)).joinToString("") {
            if (random.nextInt(4) > 0) pieces[random.nextInt(pieces.size)] else characters()
        }

    /** A few characters, lone surrogates among them. */
    fun characters(): String = (0..random.nextInt(3)).joinToString("") {
        when (random.nextInt(4)) {
            0 -> random.nextInt(' '.code, 0x7F).toChar().toString()
            1 -> random.nextInt(0x250).toChar().toString()
            2 -> random.nextInt(0x10000).toChar().toString()
            else -> String(Character.toChars(random.nextInt(0x10000, 0x110000)))
        }
    }

    /** The text in chunks, cut anywhere, also between the halves of a character. */
    fun chunks(text: String): List<String> {
        val cuts = List(random.nextInt(20)) { random.nextInt(text.length + 1) }
        return (listOf(0) + cuts.sorted() + text.length).zipWithNext { start, end -> text.substring(start, end) }
    }

    fun number(from: Int, until: Int): Int = random.nextInt(from, until)

    fun <T> one(of: List<T>): T = of[random.nextInt(of.size)]
}

/** Runs a check on texts of many seeds; the one that fails is named. */
fun forRandomTexts(times: Int = 500, check: RandomTexts.() -> Unit) = repeat(times) { seed ->
    try {
        RandomTexts(seed).check()
    } catch (error: Throwable) {
        throw AssertionError("With seed $seed: ${error.message}", error)
    }
}

/** What all chunks give, and the end of them. */
fun StreamRestorer.restored(chunks: List<String>): String = chunks.joinToString("") { feed(it) } + flush()
