package dev.upcall.app.chat

import android.content.res.Resources
import android.os.Build
import androidx.compose.foundation.layout.BoxWithConstraints
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.safeDrawingPadding
import androidx.compose.foundation.layout.width
import androidx.compose.material3.DrawerValue
import androidx.compose.material3.ModalDrawerSheet
import androidx.compose.material3.ModalNavigationDrawer
import androidx.compose.material3.SnackbarHostState
import androidx.compose.material3.SnackbarResult
import androidx.compose.material3.Surface
import androidx.compose.material3.VerticalDivider
import androidx.compose.material3.rememberDrawerState
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.platform.LocalResources
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.upcall.app.R
import dev.upcall.app.data.Conversation
import dev.upcall.app.navigation.Destination
import dev.upcall.core.Role
import dev.upcall.core.UpcallError
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.launch

/** From this width on the conversations stand beside the chat. */
private val WIDE = 840.dp
private val PANE_WIDTH = 320.dp

/** The chat and the conversations: in a drawer, or beside it where there is room. */
@Composable
fun ChatScreen(viewModel: ChatViewModel, onOpen: (Destination) -> Unit, onWhy: (answerId: Long) -> Unit) {
    val snackbars = remember { SnackbarHostState() }
    val scope = rememberCoroutineScope()
    val resources = LocalResources.current
    LaunchedEffect(viewModel, snackbars) { viewModel.errors.collect { snackbars.showSnackbar(told(it)) } }
    val conversations by viewModel.conversations.collectAsStateWithLifecycle()
    val chat by viewModel.chat.collectAsStateWithLifecycle()
    val drawer = rememberDrawerState(DrawerValue.Closed)
    val context = LocalContext.current
    val actions =
        PaneActions(
            onShow = {
                viewModel.show(it)
                scope.launch { drawer.close() }
            },
            onRename = viewModel::rename,
            onDelete = {
                scope.launch { drawer.close() } // which would cover the way to undo it
                scope.delete(it, viewModel, snackbars, resources)
            },
            onShare = {
                scope.launch {
                    val text = viewModel.export(it.id) { role -> resources.getString(name(role)) }
                    if (text != null) share(context, text)
                }
            },
            onOpen = {
                scope.launch { drawer.close() }
                onOpen(it)
            },
        )
    val pane: @Composable (Modifier) -> Unit = { ConversationPane(conversations, chat.conversationId, actions, it) }
    BoxWithConstraints(Modifier.fillMaxSize()) {
        if (maxWidth >= WIDE) {
            Surface {
                Row {
                    pane(Modifier.width(PANE_WIDTH).safeDrawingPadding())
                    VerticalDivider()
                    ChatPane(viewModel, chat, snackbars, onOpen, onWhy, onMenu = null)
                }
            }
        } else {
            ModalNavigationDrawer(
                drawerContent = { ModalDrawerSheet(drawer) { pane(Modifier) } },
                drawerState = drawer,
            ) {
                ChatPane(viewModel, chat, snackbars, onOpen, onWhy, onMenu = { scope.launch { drawer.open() } })
            }
        }
    }
}

/** Deletes a conversation, and puts it back if the user says so at once. */
private fun CoroutineScope.delete(
    conversation: Conversation,
    viewModel: ChatViewModel,
    snackbars: SnackbarHostState,
    resources: Resources,
) {
    viewModel.delete(conversation.id)
    launch {
        val answer =
            snackbars.showSnackbar(
                resources.getString(R.string.conversation_deleted),
                resources.getString(R.string.undo),
                withDismissAction = true,
            )
        if (answer == SnackbarResult.ActionPerformed) {
            viewModel.restore(conversation.id)
        } else {
            viewModel.forget(conversation.id)
        }
    }
}

/** What is wrong, and what to do now. */
internal fun told(error: UpcallError): String =
    listOf(error.problem, error.nextStep).filter { it.isNotEmpty() }.joinToString("\n")

private fun name(role: Role): Int = if (role == Role.USER) R.string.speaker_user else R.string.speaker_upcall

/** Whether the system says itself that something was copied. */
internal val tellsOfCopies: Boolean get() = Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU
