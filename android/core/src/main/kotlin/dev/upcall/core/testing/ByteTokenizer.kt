package dev.upcall.core.testing

import dev.upcall.core.Role
import dev.upcall.core.languagemodel.ByteAlphabet
import dev.upcall.core.languagemodel.ChatTemplate
import dev.upcall.core.languagemodel.Engine
import dev.upcall.core.languagemodel.LanguageModel
import dev.upcall.core.languagemodel.RoleFormat
import dev.upcall.core.languagemodel.Tokenizer
import kotlinx.serialization.json.add
import kotlinx.serialization.json.addJsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonArray
import kotlinx.serialization.json.putJsonObject
import java.nio.file.Files
import java.nio.file.Path

/** Tokens of [byteTokenizer]: 256 bytes and two special ones. */
public const val BYTE_VOCABULARY_SIZE: Int = 258

/** Begins a turn in [CHATML]. */
public const val TURN_START: String = "<|im_start|>"

/** Ends a turn in [CHATML]. */
public const val TURN_END: String = "<|im_end|>"

/** The token of [TURN_START]. */
public const val TURN_START_ID: Int = 256

/** The token of [TURN_END]. */
public const val TURN_END_ID: Int = 257

/** The template of the scripted models. */
public val CHATML: ChatTemplate =
    ChatTemplate(
        beginning = "",
        roles = Role.entries.associateWith { RoleFormat("$TURN_START${it.value}\n", "$TURN_END\n") },
        generationPrefix = "${TURN_START}assistant\n",
    )

/** A tokenizer of 256 bytes and two special tokens ([TURN_START_ID] and [TURN_END_ID]). */
public fun byteTokenizer(): Tokenizer = Tokenizer.parse(byteTokenizerJson())

/** Writes the `tokenizer.json` of [byteTokenizer] and gives its path back. */
public fun writeByteTokenizer(path: Path): Path = Files.write(path, byteTokenizerJson().encodeToByteArray())

/** A language model of an engine with [byteTokenizer] and the [CHATML] template. */
public fun chatmlModel(engine: Engine): LanguageModel =
    LanguageModel(engine, byteTokenizer(), CHATML, stopTokenIds = setOf(TURN_END_ID))

private fun byteTokenizerJson(): String = buildJsonObject {
    put("version", "1.0")
    putJsonArray("added_tokens") {
        for ((id, content) in listOf(TURN_START_ID to TURN_START, TURN_END_ID to TURN_END)) {
            addJsonObject {
                put("id", id)
                put("content", content)
                put("special", true)
            }
        }
    }
    putJsonObject("pre_tokenizer") {
        put("type", "ByteLevel")
        put("add_prefix_space", false)
    }
    putJsonObject("decoder") { put("type", "ByteLevel") }
    putJsonObject("model") {
        put("type", "BPE")
        putJsonObject("vocab") {
            ByteAlphabet.letters.sorted().forEachIndexed { id, letter -> put(letter.toString(), id) }
        }
        putJsonArray("merges") {}
    }
}.toString()
