package dev.upcall.app.answering

import dev.upcall.app.testing.Answering
import dev.upcall.core.Answer
import dev.upcall.core.asConversation
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.After
import org.junit.Rule
import org.junit.rules.TemporaryFolder
import kotlin.time.Duration.Companion.seconds

/** Asks a service of its own. */
abstract class Asking {
    @get:Rule
    val temporary = TemporaryFolder()

    protected val at by lazy { Answering(temporary.root.toPath()) }

    @After
    fun end(): Unit = at.close()

    protected fun answer(
        question: String = "Where does the sun rise?",
        model: String? = null,
        conversation: Long? = null,
    ) = runBlocking {
        withTimeout(30.seconds) {
            val answer = Answer()
            at.service
                .ask(asConversation(question), conversation = conversation, model = model)
                .collect { answer.add(it) }
            answer
        }
    }
}
