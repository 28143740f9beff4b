package dev.upcall.app.chat

import android.os.Bundle
import androidx.compose.foundation.text.input.TextFieldState
import androidx.compose.foundation.text.input.clearText
import androidx.compose.foundation.text.input.setTextAndPlaceCursorAtEnd
import androidx.lifecycle.SavedStateHandle
import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.upcall.app.AppContainer
import dev.upcall.app.data.Conversation
import dev.upcall.app.data.FIRST_MESSAGES
import dev.upcall.core.MAX_MESSAGE_CHARACTERS
import dev.upcall.core.Role
import dev.upcall.core.UpcallError
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flatMapLatest
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.flow.receiveAsFlow
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

private const val CONVERSATION = "conversation"
private const val NO_CONVERSATION = -1L
private const val BEGUN = "begun"
private const val DRAFT = "draft"
private const val LINGER_MS = 5_000L
private const val LOOK_INTERVAL_MS = 5_000L

/** The chat: one conversation at a time, the list of all, and the question that is being written. */
class ChatViewModel(private val container: AppContainer, private val saved: SavedStateHandle) : ViewModel() {
    private val store = container.conversations
    private val asker = container.asker
    private val current = saved.getStateFlow(CONVERSATION, NO_CONVERSATION)
    private val most = MutableStateFlow(FIRST_MESSAGES)
    private val failures = Channel<UpcallError>(Channel.BUFFERED)
    private val deleted = mutableSetOf<Long>()
    private val isLibraryRead = MutableStateFlow(false)

    /** The question that is not sent yet; it outlives the process. */
    val draft = TextFieldState(saved.get<Bundle>(DRAFT)?.getString(DRAFT).orEmpty())

    /** Cuts what is too long for a question. */
    val limit = LengthLimit(MAX_MESSAGE_CHARACTERS)

    /** What went wrong, for the user to see once. */
    val errors: Flow<UpcallError> = merge(failures.receiveAsFlow(), asker.errors)

    val conversations: StateFlow<List<Conversation>> = store.conversations.told().kept(emptyList())

    val chat: StateFlow<ChatState> = chats().told().kept(ChatState(isLoading = true))

    /** What the user should know of the device. */
    val notices: StateFlow<List<Notice>> = looks().distinctUntilChanged().kept(emptyList())

    /** The answer that is being made in the conversation that is shown. */
    val ongoing: StateFlow<OngoingAnswer?> = combine(current, asker.ongoing) { id, all -> all[id] }.kept(null)

    /** What became of the model. */
    val model = container.answers.state

    /** The question that waits for the user. */
    val approval = asker.approval

    /** Whether a model can be asked; null until that is known. */
    val hasModel: StateFlow<Boolean?> =
        combine(container.models.models, isLibraryRead) { models, isRead ->
            if (models.any { it.isUsable }) true else false.takeIf { isRead }
        }.kept(null)

    init {
        saved.setSavedStateProvider(DRAFT) { Bundle().apply { putString(DRAFT, draft.text.toString()) } }
        doing {
            container.models.refresh()
            isLibraryRead.value = true
        }
    }

    /** The answer of this row while it is being made. */
    fun ongoing(answerId: Long): OngoingAnswer? = asker.ongoing(answerId)

    /** Ask what is written. */
    fun send() {
        val question = draft.text.toString()
        if (question.isBlank() || chat.value.isAnswering) return
        draft.clearText()
        ask(question)
    }

    /** Ask this in the conversation that is shown. */
    fun ask(question: String) {
        viewModelScope.launch {
            try {
                show(asker.ask(current.value.takeUnless { it == NO_CONVERSATION }, question))
            } catch (error: UpcallError) {
                if (draft.text.isEmpty()) draft.setTextAndPlaceCursorAtEnd(question)
                failures.send(error)
            }
        }
    }

    fun stop() {
        asker.stop(current.value)
    }

    fun regenerate() {
        asker.regenerate(current.value)
    }

    /** Show a conversation; null begins a new one. */
    fun show(conversationId: Long?) {
        if (conversationId != current.value) most.value = FIRST_MESSAGES
        saved[CONVERSATION] = conversationId ?: NO_CONVERSATION
    }

    /** Show a conversation that was begun elsewhere, unless it was shown for that before. */
    fun showOnce(conversationId: Long) {
        if (saved.get<Long>(BEGUN) == conversationId) return
        saved[BEGUN] = conversationId
        show(conversationId)
    }

    fun showEarlier() {
        most.value += FIRST_MESSAGES
    }

    fun rename(conversationId: Long, title: String) = doing { store.rename(conversationId, title) }

    /** Take a conversation off the list, until [restore] or [forget]. */
    fun delete(conversationId: Long) {
        asker.stop(conversationId)
        deleted += conversationId
        if (current.value == conversationId) show(null)
        doing { store.delete(conversationId) }
    }

    fun restore(conversationId: Long) {
        deleted -= conversationId
        doing { store.restore(conversationId) }
    }

    /** It is no longer to be restored; erased once that is so of all that were deleted. */
    fun forget(conversationId: Long) {
        deleted -= conversationId
        if (deleted.isEmpty()) doing { store.purge() }
    }

    /** A conversation as text; null where it cannot be read. */
    suspend fun export(conversationId: Long, speaker: (Role) -> String): String? = try {
        store.export(conversationId, speaker)
    } catch (error: UpcallError) {
        failures.send(error)
        null
    }

    @OptIn(ExperimentalCoroutinesApi::class) // flatMapLatest has no stable stand-in
    private fun chats(): Flow<ChatState> = combine(current, most, ::Pair).flatMapLatest { (id, most) ->
        if (id == NO_CONVERSATION) return@flatMapLatest flowOf(ChatState())
        combine(
            store.messages(id, most),
            store.messageCount(id),
            store.conversations.map { all -> all.find { it.id == id }?.title.orEmpty() }.distinctUntilChanged(),
            asker.ongoing.map { id in it }.distinctUntilChanged(),
        ) { messages, count, title, isAnswering -> ChatState(id, title, messages, count > messages.size, isAnswering) }
    }

    private fun looks(): Flow<List<Notice>> = flow {
        while (true) {
            val device = withContext(Dispatchers.IO) { container.monitor.read() }
            emit(notices(device, container.settings.settings.first().cloudTarget))
            delay(LOOK_INTERVAL_MS)
        }
    }

    private fun doing(work: suspend () -> Unit) {
        viewModelScope.launch {
            try {
                work()
            } catch (error: UpcallError) {
                failures.send(error)
            }
        }
    }

    private fun <T> Flow<T>.told(): Flow<T> = catch { if (it is UpcallError) failures.send(it) else throw it }

    private fun <T> Flow<T>.kept(first: T): StateFlow<T> =
        stateIn(viewModelScope, SharingStarted.WhileSubscribed(LINGER_MS), first)
}
