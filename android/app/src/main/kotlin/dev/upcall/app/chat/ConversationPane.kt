package dev.upcall.app.chat

import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.DropdownMenu
import androidx.compose.material3.DropdownMenuItem
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.NavigationDrawerItem
import androidx.compose.material3.NavigationDrawerItemDefaults
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import dev.upcall.app.R
import dev.upcall.app.data.Conversation
import dev.upcall.app.navigation.Destination

/** Names the list of conversations, for tests. */
const val CONVERSATIONS_TAG = "conversations"

/** What can be done in the pane of conversations. */
internal class PaneActions(
    val onShow: (conversationId: Long?) -> Unit,
    val onRename: (conversationId: Long, title: String) -> Unit,
    val onDelete: (Conversation) -> Unit,
    val onShare: (Conversation) -> Unit,
    val onOpen: (Destination) -> Unit,
)

/**
 * All conversations, and the ways to the other screens.
 *
 * @param shownId the conversation that is shown; null for a new one.
 */
@Composable
internal fun ConversationPane(
    conversations: List<Conversation>,
    shownId: Long?,
    actions: PaneActions,
    modifier: Modifier = Modifier,
) {
    Column(modifier.fillMaxHeight().padding(horizontal = 12.dp)) {
        Text(
            stringResource(R.string.app_name),
            Modifier.padding(16.dp).semantics { heading() },
            style = MaterialTheme.typography.titleLarge,
        )
        NavigationDrawerItem(
            label = { Text(stringResource(R.string.conversation_new)) },
            icon = { Icon(painterResource(R.drawable.ic_add), null) },
            selected = shownId == null,
            onClick = { actions.onShow(null) },
        )
        LazyColumn(Modifier.weight(1f).testTag(CONVERSATIONS_TAG)) {
            items(conversations, key = { it.id }) { conversation ->
                ConversationItem(conversation, isShown = conversation.id == shownId, actions)
            }
        }
        HorizontalDivider(Modifier.padding(vertical = 8.dp))
        for (destination in Destination.inMenu) {
            NavigationDrawerItem(
                label = { Text(stringResource(destination.title)) },
                icon = { Icon(painterResource(destination.icon), null) },
                selected = false,
                onClick = { actions.onOpen(destination) },
            )
        }
    }
}

@Composable
private fun ConversationItem(conversation: Conversation, isShown: Boolean, actions: PaneActions) {
    var isRenaming by rememberSaveable { mutableStateOf(false) }
    NavigationDrawerItem(
        label = { Text(conversation.title, maxLines = 2, overflow = TextOverflow.Ellipsis) },
        selected = isShown,
        onClick = { actions.onShow(conversation.id) },
        badge = { ConversationMenu(conversation, actions, onRename = { isRenaming = true }) },
        modifier = Modifier.padding(NavigationDrawerItemDefaults.ItemPadding),
    )
    if (isRenaming) {
        RenameDialog(
            title = conversation.title,
            onRename = { actions.onRename(conversation.id, it) },
            onClose = { isRenaming = false },
        )
    }
}

@Composable
private fun ConversationMenu(conversation: Conversation, actions: PaneActions, onRename: () -> Unit) {
    var isOpen by remember { mutableStateOf(false) }
    Box {
        IconButton(onClick = { isOpen = true }) {
            Icon(painterResource(R.drawable.ic_more), stringResource(R.string.conversation_more, conversation.title))
        }
        DropdownMenu(expanded = isOpen, onDismissRequest = { isOpen = false }) {
            val choices =
                listOf(
                    R.string.conversation_rename to onRename,
                    R.string.conversation_share to { actions.onShare(conversation) },
                    R.string.conversation_delete to { actions.onDelete(conversation) },
                )
            for ((words, act) in choices) {
                DropdownMenuItem(
                    text = { Text(stringResource(words)) },
                    onClick = {
                        isOpen = false
                        act()
                    },
                )
            }
        }
    }
}
