package dev.upcall.core.redaction

import kotlin.random.Random

/** Texts and cuts of one seed: the same in every run, so that what fails once fails again. */
class RandomTexts(seed: Int) {
    private val random = Random(seed)

    /** One of [pieces], or a few characters of any kind, at most [most] times. */
    fun text(pieces: List<String>, most: Int = 15): String = (0 until random.nextInt(most + 1)).joinToString("") {
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

private fun pieces(vararg lines: String): List<String> = lines.flatMap { it.split('|') }

/** Values to find, and what stands beside them. */
val PRIVATE_PIECES =
    pieces(
        "alice@example.com|4111 1111 1111 1111|4111111111111111|DE89370400440532013000|078-05-1120|192.0.2.1|2001:db8::1",
        "11.192.0.2.15|1700000000000|+44 20 7946 0958|password: hunter22|hunter22|https://u:hunter22@h.example|Ann",
        "Project Heron|ghp_16C7e42F292c6912E7710c838347Ae178B4a|born 1 May 1980|password: |card |@|4|-| ",
        "YWxpY2VAZXhhbXBsZS5jb20=|616c696365406578616d706c652e636f6d",
    )

/** Placeholders, whole, forged and in pieces. */
val PLACEHOLDER_PIECES =
    pieces(
        "[[EMAIL_1_k7]]|[[ email_1_K7 ]]|[[CREDIT_CARD_1_k7]]|[[CREDIT_CARD_2_k7]]|[[EMAIL_2_k7]]|[[EMAIL_1_zz]]",
        "[[PERSON_1_zz]]|[[CUSTOM_1_k7]]|EMAIL_1_k7|CREDIT_CARD_1_k7|ADDRESS_1_k7|IP_|[|[[|]|]]|EMAIL|_|1|k7|[[EMAIL",
        "_1_k7]]|x| ",
    )

/** What moves a reader of JSON. */
val JSON_PIECES = pieces("\"|'|\\|\\\"|\\n|\\u0040|{|}|:|,|a\"b\\c\n")

/** Characters that hide, turn, join or break others. */
val STRANGE_PIECES =
    pieces(
        "\u200B|\u00AD|\u0000|😀|👩\u200D👩|e\u0301|\u202E|\uD800|\uDC00|\u0664|\uFF14|\n|\r\n|\uFEFF|İ|ß",
    )
