package dev.upcall.app.chat

import androidx.compose.runtime.Stable

/** What can be done with the messages of a conversation. One object while the screen lives, so that rows are skipped. */
@Stable
internal class MessageActions(
    val ongoing: (answerId: Long) -> OngoingAnswer?,
    val onWhy: (answerId: Long) -> Unit,
    val onCopy: (text: String) -> Unit,
    val onShare: (text: String) -> Unit,
    val onRegenerate: () -> Unit,
    val onContinue: () -> Unit,
    val onShowEarlier: () -> Unit,
)
