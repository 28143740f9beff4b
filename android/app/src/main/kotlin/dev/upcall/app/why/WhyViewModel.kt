package dev.upcall.app.why

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.upcall.app.data.AnswerTrace
import dev.upcall.app.data.ConversationStore
import dev.upcall.core.UpcallError
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/** What is known of how an answer came about. */
sealed interface WhyState {
    /** It is being read. */
    data object Loading : WhyState

    /** Nothing was written down. */
    data object Unknown : WhyState

    /** It cannot be read. */
    data class Failed(val error: UpcallError) : WhyState

    /** It was read. */
    data class Known(val trace: AnswerTrace) : WhyState
}

/** Reads how one answer came about. */
class WhyViewModel(conversations: ConversationStore, answerId: Long) : ViewModel() {
    private val mutableState = MutableStateFlow<WhyState>(WhyState.Loading)

    val state: StateFlow<WhyState> = mutableState.asStateFlow()

    init {
        viewModelScope.launch {
            mutableState.value =
                try {
                    conversations.trace(answerId)?.let(WhyState::Known) ?: WhyState.Unknown
                } catch (error: UpcallError) {
                    WhyState.Failed(error)
                }
        }
    }
}
