package dev.upcall.core.redaction

import dev.upcall.core.InputError
import dev.upcall.core.Message
import dev.upcall.core.RedactionError
import dev.upcall.core.Role
import java.nio.ByteBuffer
import java.security.MessageDigest

/** Told to the cloud whenever something is masked. It is not itself a placeholder. */
public const val PLACEHOLDER_INSTRUCTION: String =
    "Text of the form [[TYPE_1_xx]] stands for private words that you do not see. Copy each one exactly as it is, " +
        "character by character; never translate, change, explain or invent one."

/**
 * What may leave the device, with its report; or nothing at all.
 *
 * @property messages as they would be sent. Empty when something is blocked.
 * @property counts distinct values masked, by type; types without any are left out.
 * @property blocked types found whose policy is to stay on the device. If there is one, nothing may be sent.
 * @property rulesVersion of the detector.
 * @property sentSha256 of the messages (the function of that name), empty when something is blocked.
 * @property masked each placeholder in the messages with its type, in the order in which they first stand there; for display.
 * @property policy that was applied.
 * @property unreadLetters how many letters of scripts that the name model does not read keep the messages here; 0 where the
 *   policy allows them.
 * @throws RedactionError messages are given although something is blocked.
 */
public class RedactedMessages internal constructor(
    public val messages: List<Message>,
    public val counts: Map<EntityType, Int>,
    public val blocked: Set<EntityType>,
    public val rulesVersion: String,
    public val sentSha256: ByteArray,
    public val masked: List<Masked> = emptyList(),
    public val policy: Policy = Policy(),
    public val unreadLetters: Int = 0,
) {
    /** Whether the policy keeps the messages on the device. */
    public val isBlocked: Boolean get() = blocked.isNotEmpty() || unreadLetters > 0

    init {
        if (isBlocked && messages.isNotEmpty()) {
            val what = if (blocked.isEmpty()) "letters" else blocked.map { it.name }.sorted().joinToString()
            throw RedactionError("Blocked and yet to be sent: $what.")
        }
    }

    override fun toString(): String =
        "RedactedMessages(messages=$messages, counts=$counts, blocked=$blocked, rulesVersion=$rulesVersion, " +
            "masked=$masked, policy=$policy, unreadLetters=$unreadLetters)"
}

/**
 * Digest of messages as sent: for each, the length of its UTF-8 in bytes (64 bits, big-endian), then the UTF-8.
 *
 * Source: RedactionReport.sent_sha256 in proto/upcall/protocol/v1/redaction.proto.
 *
 * @throws CharacterCodingException a content holds a lone surrogate; a [Message] never does.
 */
public fun sentSha256(contents: Iterable<String>): ByteArray {
    val digest = MessageDigest.getInstance("SHA-256")
    for (content in contents) {
        val encoded = content.encodeToByteArray(throwOnInvalidSequence = true)
        digest.update(ByteBuffer.allocate(Long.SIZE_BYTES).putLong(encoded.size.toLong()).array())
        digest.update(encoded)
    }
    return digest.digest()
}

/**
 * Replaces everything private in a conversation by placeholders.
 *
 * A value found once, now or earlier in the conversation of the vault, is masked wherever it stands (words such as names only as
 * whole words, the user's own terms only where they are found, an age or a very short value nowhere else), and the result is
 * searched again until the rules find nothing more to mask in it. `vault.restore` of a result gives the message back exactly,
 * even one that quotes placeholders: one that was minted earlier is masked itself. When something is masked,
 * [PLACEHOLDER_INSTRUCTION] is added to the leading system message, or as one, unless a message holds it already.
 *
 * @param messages all that would be sent, system message included.
 * @param detector what is private.
 * @param vault of this conversation; grows.
 * @param policy what to do with it.
 * @param edited the messages are a result of this function that the user changed: its placeholders stay.
 * @throws RedactionError a rule failed, or masking came to no end; nothing may be sent.
 * @throws InputError a message with its placeholders is longer than a message may be.
 */
public fun redactMessages(
    messages: List<Message>,
    detector: Detector,
    vault: Vault,
    policy: Policy,
    edited: Boolean = false,
): RedactedMessages {
    val documents = messages.map { PlainText(it.content) }
    val masking = Masking(documents, detector, vault, policy, keepsPlaceholders = edited)
    val blocked = masking.run()
    val version = detector.rulesVersion
    if (blocked.isNotEmpty() || masking.unreadLetters > 0) {
        return RedactedMessages(
            messages = emptyList(),
            counts = emptyMap(),
            blocked = blocked,
            rulesVersion = version,
            sentSha256 = ByteArray(0),
            policy = policy,
            unreadLetters = masking.unreadLetters,
        )
    }
    val masked = masking.masked()
    val redacted = messages.zip(documents) { message, document -> Message(message.role, document.sent()) }
    val sent = if (documents.any { it.masks.isNotEmpty() }) instructed(redacted) else redacted
    val digest = sentSha256(sent.map { it.content })
    return RedactedMessages(sent, counted(masked), blocked, version, digest, masked, policy)
}

private fun instructed(messages: List<Message>): List<Message> {
    if (messages.any { PLACEHOLDER_INSTRUCTION in it.content }) return messages
    val first = messages.firstOrNull()
    if (first?.role != Role.SYSTEM) return listOf(Message(Role.SYSTEM, PLACEHOLDER_INSTRUCTION)) + messages
    return listOf(Message(Role.SYSTEM, "${first.content}\n\n$PLACEHOLDER_INSTRUCTION")) + messages.drop(1)
}
