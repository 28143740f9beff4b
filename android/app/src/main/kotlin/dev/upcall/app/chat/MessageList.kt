package dev.upcall.app.chat

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.LazyListState
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.material3.Icon
import androidx.compose.material3.SmallFloatingActionButton
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.derivedStateOf
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.upcall.app.R
import dev.upcall.app.data.ChatMessage
import dev.upcall.app.data.MessageState
import dev.upcall.core.Role
import kotlinx.coroutines.launch

/** Names the list of messages, for tests. */
const val MESSAGES_TAG = "messages"

/** The messages of a conversation; the end stays in view while it grows, unless the user has scrolled away from it. */
@Composable
internal fun MessageList(
    chat: ChatState,
    actions: MessageActions,
    modifier: Modifier = Modifier,
    state: LazyListState = rememberLazyListState(),
) {
    FollowEnd(state, chat.conversationId)
    Box(modifier.fillMaxSize()) {
        LazyColumn(
            state = state,
            modifier = Modifier.fillMaxSize().testTag(MESSAGES_TAG),
            contentPadding = PaddingValues(horizontal = 16.dp, vertical = 8.dp),
            verticalArrangement = Arrangement.spacedBy(12.dp),
        ) {
            if (chat.hasEarlier) {
                item(key = "earlier", contentType = "earlier") { Earlier(actions.onShowEarlier) }
            }
            val last = chat.messages.lastOrNull { it.role == Role.ASSISTANT }?.id
            items(chat.messages, key = { it.id }, contentType = { it.role }) { message ->
                MessageRow(
                    message = message,
                    ongoing = if (message.state == MessageState.STREAMING) actions.ongoing(message.id) else null,
                    isLast = message.id == last && !chat.isAnswering,
                    actions = actions,
                )
            }
            item(key = "end", contentType = "end") { Spacer(Modifier.height(1.dp)) }
        }
        ToEnd(state, Modifier.align(Alignment.BottomEnd).padding(16.dp))
    }
}

@Composable
private fun Earlier(onShowEarlier: () -> Unit) {
    Box(Modifier.fillMaxWidth(), contentAlignment = Alignment.Center) {
        TextButton(onClick = onShowEarlier) { Text(stringResource(R.string.chat_show_earlier)) }
    }
}

@Composable
private fun ToEnd(state: LazyListState, modifier: Modifier) {
    val isAway by remember(state) { derivedStateOf { state.canScrollForward } }
    if (!isAway) return
    val scope = rememberCoroutineScope()
    SmallFloatingActionButton(
        onClick = { scope.launch { state.scrollToItem(state.layoutInfo.totalItemsCount - 1) } },
        modifier = modifier,
    ) {
        Icon(painterResource(R.drawable.ic_down), stringResource(R.string.chat_to_end))
    }
}
