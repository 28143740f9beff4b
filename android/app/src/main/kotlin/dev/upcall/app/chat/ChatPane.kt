package dev.upcall.app.chat

import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.consumeWindowInsets
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.imePadding
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.LazyListState
import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.Scaffold
import androidx.compose.material3.SnackbarHost
import androidx.compose.material3.SnackbarHostState
import androidx.compose.material3.Text
import androidx.compose.material3.TopAppBar
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.platform.LocalResources
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.upcall.app.R
import dev.upcall.app.navigation.Destination
import kotlinx.coroutines.launch

internal val WIDEST_CHAT = 840.dp

/**
 * One conversation, and where the next question is written.
 *
 * @param onMenu opens the drawer; null where there is none.
 */
@Composable
internal fun ChatPane(
    viewModel: ChatViewModel,
    chat: ChatState,
    snackbars: SnackbarHostState,
    onOpen: (Destination) -> Unit,
    onWhy: (answerId: Long) -> Unit,
    onMenu: (() -> Unit)?,
) {
    val list = rememberSaveable(chat.conversationId, saver = LazyListState.Saver) { LazyListState() }
    val hasModel by viewModel.hasModel.collectAsStateWithLifecycle()
    val actions = rememberMessageActions(viewModel, snackbars, onWhy)
    Scaffold(
        topBar = { ChatBar(chat.title, onMenu, onNew = { viewModel.show(null) }) },
        snackbarHost = { SnackbarHost(snackbars) },
    ) { padding ->
        Column(
            Modifier.fillMaxSize().padding(padding).consumeWindowInsets(padding).imePadding(),
            horizontalAlignment = Alignment.CenterHorizontally,
        ) {
            val onModels = { onOpen(Destination.MODELS) }
            Box(Modifier.weight(1f).widthIn(max = WIDEST_CHAT)) {
                if (chat.messages.isNotEmpty()) {
                    MessageList(chat, actions, state = list)
                } else if (!chat.isLoading) {
                    EmptyChat(hasModel, onModels)
                }
            }
            if (hasModel == false && chat.messages.isNotEmpty()) NoModel(onModels, Modifier.padding(16.dp))
            ChatEnd(viewModel, chat, onPreview = { onOpen(Destination.PREVIEW) })
        }
    }
}

/** What stands below the messages. */
@Composable
private fun ChatEnd(viewModel: ChatViewModel, chat: ChatState, onPreview: () -> Unit) {
    val ongoing by viewModel.ongoing.collectAsStateWithLifecycle()
    val notices by viewModel.notices.collectAsStateWithLifecycle()
    val model by viewModel.model.collectAsStateWithLifecycle()
    Column(horizontalAlignment = Alignment.CenterHorizontally) {
        StateLine(ongoing, model, notices, onPreview, Modifier.widthIn(max = WIDEST_CHAT))
        Composer(viewModel.draft, chat.isAnswering, viewModel.limit, onSend = viewModel::send, onStop = viewModel::stop)
    }
}

@OptIn(ExperimentalMaterial3Api::class) // TopAppBar, which has been so since 2021
@Composable
private fun ChatBar(title: String, onMenu: (() -> Unit)?, onNew: () -> Unit) {
    TopAppBar(
        title = {
            Text(
                title.ifEmpty { stringResource(R.string.app_name) },
                Modifier.semantics { heading() },
                maxLines = 1,
                overflow = TextOverflow.Ellipsis,
            )
        },
        navigationIcon = {
            if (onMenu != null) {
                IconButton(onClick = onMenu) {
                    Icon(painterResource(R.drawable.ic_menu), stringResource(R.string.conversation_list))
                }
            }
        },
        actions = {
            IconButton(onClick = onNew) {
                Icon(painterResource(R.drawable.ic_add), stringResource(R.string.conversation_new))
            }
        },
    )
}

@Composable
private fun rememberMessageActions(
    viewModel: ChatViewModel,
    snackbars: SnackbarHostState,
    onWhy: (answerId: Long) -> Unit,
): MessageActions {
    val context = LocalContext.current
    val resources = LocalResources.current
    val scope = rememberCoroutineScope()
    return remember(viewModel, context, resources) {
        MessageActions(
            ongoing = viewModel::ongoing,
            onWhy = onWhy,
            onCopy = {
                copy(context, it)
                if (!tellsOfCopies) scope.launch { snackbars.showSnackbar(resources.getString(R.string.copied)) }
            },
            onShare = { share(context, it) },
            onRegenerate = viewModel::regenerate,
            onContinue = { viewModel.ask(resources.getString(R.string.answer_continue_question)) },
            onShowEarlier = viewModel::showEarlier,
        )
    }
}
