package dev.upcall.app.chat

import androidx.compose.runtime.Immutable
import dev.upcall.app.data.ChatMessage
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.decision.Network
import dev.upcall.core.isLoopback

/**
 * One conversation as the chat shows it.
 *
 * @property conversationId null for one that is not begun.
 * @property title empty for one that is not begun.
 * @property messages the newest, the oldest of them first.
 * @property hasEarlier there are more before them.
 * @property isAnswering an answer is being made in it.
 * @property isLoading it has not been read yet.
 */
@Immutable
data class ChatState(
    val conversationId: Long? = null,
    val title: String = "",
    val messages: List<ChatMessage> = emptyList(),
    val hasEarlier: Boolean = false,
    val isAnswering: Boolean = false,
    val isLoading: Boolean = false,
) {
    override fun toString(): String = "ChatState(conversationId=$conversationId, messages=${messages.size})"
}

/** What the user is told of the device because answers depend on it. */
enum class Notice {
    OFFLINE,
    HOT,
    LOW_BATTERY,
    LOW_MEMORY,
}

/**
 * What is to be told of this state, worst last.
 *
 * @param cloudTarget `HOST:PORT` of the service: one on this device is called without a network, too.
 */
internal fun notices(device: DeviceState, cloudTarget: String = ""): List<Notice> = buildList {
    val isHere = isLoopback(cloudTarget.substringBeforeLast(':'))
    if (device.network == Network.OFFLINE && !isHere) add(Notice.OFFLINE)
    if (device.hasLowBattery) add(Notice.LOW_BATTERY)
    if (device.isHot) add(Notice.HOT)
    if (device.hasLowMemory) add(Notice.LOW_MEMORY)
}
