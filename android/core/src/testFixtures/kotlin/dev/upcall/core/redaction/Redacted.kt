package dev.upcall.core.redaction

import dev.upcall.core.Message

/** Messages as if redaction had let them leave with this report; for tests of what comes after redaction. */
public fun redacted(
    messages: List<Message>,
    counts: Map<EntityType, Int> = emptyMap(),
    rulesVersion: String = "1",
    policy: Policy = Policy(),
): RedactedMessages = RedactedMessages(
    messages = messages,
    counts = counts,
    blocked = emptySet(),
    rulesVersion = rulesVersion,
    sentSha256 = sentSha256(messages.map { it.content }),
    policy = policy,
)
