package dev.upcall.cloud

import dev.upcall.core.InputError
import dev.upcall.core.bareHost
import dev.upcall.core.isLoopback
import io.grpc.ChannelCredentials
import io.grpc.InsecureChannelCredentials
import io.grpc.ManagedChannelBuilder
import io.grpc.TlsChannelCredentials
import io.grpc.okhttp.OkHttpChannelBuilder
import java.io.IOException
import java.nio.file.Path
import java.security.GeneralSecurityException
import java.util.concurrent.TimeUnit

private const val KEEPALIVE_S = 30L
private const val KEEPALIVE_TIMEOUT_S = 10L
private const val MAX_PORT = 65_535

/**
 * A service to call.
 *
 * @property target `HOST:PORT`; an IPv6 address stands in brackets.
 * @property apiKey sent with each call; empty sends none. Left out of [toString].
 * @property model alias at the service; empty takes its default.
 * @property useTls encrypt; anything but loopback must.
 * @property caCertificate PEM file of the authority to trust in place of the system's; needs [useTls].
 * @throws InputError the target is malformed, or words or the key would cross a network in the clear.
 */
public data class CloudEndpoint(
    public val target: String,
    public val apiKey: String = "",
    public val model: String = "",
    public val useTls: Boolean = false,
    public val caCertificate: Path? = null,
) {
    /** Whether the call stays on this machine. */
    public val isLoopback: Boolean get() = isLoopback(host)

    private val host: String get() = target.substringBeforeLast(':', "")

    private val port: String get() = target.substringAfterLast(':')

    init {
        val number = port.takeIf { it.length <= MAX_PORT.toString().length && it.all { digit -> digit in '0'..'9' } }
        if (host.isEmpty() || '/' in host || number?.toIntOrNull() !in 1..MAX_PORT) {
            throw InputError("The cloud's address is '$target'.", allowed = "HOST:PORT, for example 127.0.0.1:50051")
        }
        if (!useTls && !isLoopback) {
            throw InputError(
                "Calling $target without TLS would show the words to the network.",
                allowed = "loopback without TLS, anything with it",
                nextStep = "turn TLS on",
            )
        }
        if (caCertificate != null && !useTls) {
            throw InputError("A CA certificate is given, but TLS is off.", nextStep = "turn TLS on")
        }
        if (!apiKey.all { it in '!'..'~' }) {
            throw InputError(
                "The API key has a space or a letter beyond ASCII.",
                nextStep = "copy it again, as one word",
            )
        }
    }

    override fun toString(): String =
        "CloudEndpoint(target=$target, model=$model, useTls=$useTls, caCertificate=$caCertificate)"

    /**
     * A builder of channels that connect at their first call.
     *
     * Nothing but the endpoint's own connection is opened, and nothing is taken from the environment.
     *
     * @throws InputError the CA certificate cannot be read.
     */
    internal fun channelBuilder(): ManagedChannelBuilder<*> {
        val bare = bareHost(host)
        val authority = if (':' in bare) "[$bare]:$port" else target
        return OkHttpChannelBuilder
            .forTarget("dns:///$authority", credentials())
            .socketFactory(PatientSockets)
            .proxyDetector { null }
            .disableServiceConfigLookUp()
            .disableRetry() // the client decides what is tried again
            // A dead connection is noticed within 40 s of a call; without a call, nothing is sent, to spare a phone's radio.
            .keepAliveTime(KEEPALIVE_S, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEPALIVE_TIMEOUT_S, TimeUnit.SECONDS)
            .keepAliveWithoutCalls(false)
    }

    private fun credentials(): ChannelCredentials {
        if (!useTls) return InsecureChannelCredentials.create()
        val tls = TlsChannelCredentials.newBuilder()
        if (caCertificate != null) {
            try {
                tls.trustManager(*trusting(caCertificate))
            } catch (error: IOException) {
                throw unreadable(error)
            } catch (error: GeneralSecurityException) {
                throw unreadable(error)
            }
        }
        return tls.build()
    }

    private fun unreadable(error: Exception): InputError = InputError(
        "The CA certificate $caCertificate cannot be read (${error::class.simpleName}).",
        nextStep = "give a PEM file",
    )
}
