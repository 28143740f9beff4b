package dev.upcall.app.testing

import dev.upcall.app.settings.Settings
import dev.upcall.core.decision.Strategy
import dev.upcall.core.testing.ScriptedCloud
import org.junit.rules.ExternalResource
import org.junit.rules.TemporaryFolder

/**
 * Gives [parts] the real service with its search, decision and vault, and a cloud that repeats what it was sent. Its
 * rule comes before that of the activity, which asks for the service at once.
 */
class Connection : ExternalResource() {
    private val folder = TemporaryFolder()
    private lateinit var answering: Answering

    /** Remembers what left. */
    val cloud = ScriptedCloud("127.0.0.1:50051") { listOf("You said: " + it.redacted.messages.last().content) }

    /** The last text that left. */
    val sent: String get() = cloud.questions.last().redacted.messages.last().content

    override fun before() {
        folder.create()
        answering = Answering(folder.root.toPath())
        answering.cloud = { cloud }
        answering.settings.settings.value =
            Settings(cloudTarget = cloud.address, useTls = false, strategy = Strategy.CLOUD)
        writeScriptedBundle(answering.root.resolve("tiny"))
        parts.answers = answering.service
    }

    override fun after() {
        answering.close()
        folder.delete()
    }
}
