package dev.upcall.sample

import com.github.ajalt.clikt.core.CliktCommand
import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.core.ProgramResult
import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.multiple
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.options.required
import com.github.ajalt.clikt.parameters.types.double
import com.github.ajalt.clikt.parameters.types.enum
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.path
import com.github.ajalt.clikt.parameters.types.restrictTo
import dev.upcall.cloud.CloudEndpoint
import dev.upcall.cloud.GrpcCloud
import dev.upcall.core.Answer
import dev.upcall.core.AskOptions
import dev.upcall.core.FileBudget
import dev.upcall.core.Session
import dev.upcall.core.UpcallError
import dev.upcall.core.decision.Strategy
import dev.upcall.core.openBundle
import dev.upcall.core.redaction.Detector
import dev.upcall.engine.onnx.openModel
import dev.upcall.engine.onnx.openNames
import kotlinx.coroutines.runBlocking

/** One question, one answer: where it came from and what left, on standard error. */
internal class Ask : CliktCommand(name = "sample-cli") {
    private val question by argument(help = "The question.")
    private val bundle by option(help = "Folder of the device model.").path().required()
    private val cloud by option(metavar = "HOST:PORT", help = "Where to call up; by default nowhere.")
    private val tls by option(help = "Encrypt the call. Anything but loopback must.").flag("--no-tls")
    private val caCertificate by option(help = "PEM file of the authority to trust; by default the system's.").path()
    private val names by option(help = "Folder of the name model; without it, names are not found.").path()
    private val private by option(metavar = "TERM", help = "A word of yours that must not leave.").multiple()
    private val strategy by option(help = "Where it may be answered.")
        .enum<Strategy> { it.value }
        .default(Strategy.CASCADE)
    private val qualityLevel by option(help = "0 answers here, 1 calls.").double().restrictTo(0.0..1.0)
    private val budget by option(help = "File of the budget of calls, as upcall budget writes it.").path()
    private val maxOutputTokens by option(help = "Most tokens of the answer.").int().default(256)

    override fun help(context: Context): String =
        "Ask a small model here, and a large one elsewhere where that must be."

    override fun helpEpilog(context: Context): String =
        "Example: UPCALL_API_KEY=… sample-cli --bundle BUNDLE --cloud localhost:50051 'Write to ann@example.com'"

    override fun run() {
        try {
            open().use { session -> answer(session) }
        } catch (error: UpcallError) {
            echo("Error: ${error.message}", err = true)
            throw ProgramResult(1)
        }
    }

    private fun open(): Session {
        val detector = Detector(denyTerms = private, names = names?.let(::openNames))
        val opened = openBundle(bundle)
        return Session(
            model = openModel(opened),
            threshold = opened.threshold,
            detector = detector,
            cloud = cloud?.let { GrpcCloud(endpoint(it)) },
            monitor = JvmMonitor,
            budget = budget?.let { FileBudget(it) },
        )
    }

    private fun endpoint(target: String) = CloudEndpoint(
        target = target,
        apiKey = System.getenv("UPCALL_API_KEY").orEmpty(),
        useTls = tls,
        caCertificate = caCertificate,
    )

    private fun answer(session: Session) {
        val options = AskOptions(strategy, maxOutputTokens = maxOutputTokens, qualityLevel = qualityLevel)
        val answer = Answer()
        runBlocking {
            session.ask(question, options).collect { event -> echo(answer.add(event), trailingNewline = false) }
        }
        echo()
        answer.error?.let { throw it }
        echo(described(answer), err = true)
    }
}
