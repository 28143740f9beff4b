package dev.upcall.cloud

import io.grpc.InsecureServerCredentials
import io.grpc.Metadata
import io.grpc.MethodDescriptor
import io.grpc.Server
import io.grpc.ServerCall
import io.grpc.ServerServiceDefinition
import io.grpc.Status
import io.grpc.okhttp.OkHttpServerBuilder
import java.io.InputStream
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger

private const val SERVICE = "upcall.protocol.v1.EscalationService"

private object Bytes : MethodDescriptor.Marshaller<ByteArray> {
    override fun stream(value: ByteArray): InputStream = value.inputStream()

    override fun parse(stream: InputStream): ByteArray = stream.readBytes()
}

private val generate: MethodDescriptor<ByteArray, ByteArray> =
    MethodDescriptor
        .newBuilder(Bytes, Bytes)
        .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
        .setFullMethodName("$SERVICE/Generate")
        .build()

/** Answers calls with any bytes and any end, for streams that our own service never makes. */
class OddServer(private val answer: (ServerCall<ByteArray, ByteArray>) -> Unit) : AutoCloseable {
    private val threads = Executors.newCachedThreadPool()
    private val begun = AtomicInteger()
    private val server: Server = server().also { it.start() }
    val calls: Int get() = begun.get()
    val target: String get() = "127.0.0.1:${server.port}"

    private fun server(): Server {
        val service = ServerServiceDefinition.builder(SERVICE).addMethod(generate, ::begin).build()
        val builder = OkHttpServerBuilder.forPort(0, InsecureServerCredentials.create())
        return builder.executor(threads).addService(service).build()
    }

    private fun begin(call: ServerCall<ByteArray, ByteArray>, headers: Metadata): ServerCall.Listener<ByteArray> {
        begun.incrementAndGet()
        call.request(1)
        return object : ServerCall.Listener<ByteArray>() {
            override fun onHalfClose() {
                threads.execute { answer(call) }
            }
        }
    }

    override fun close() {
        server.shutdownNow().awaitTermination()
        threads.shutdownNow()
    }
}

/** Sends these responses and ends the call. */
fun ServerCall<ByteArray, ByteArray>.answer(
    responses: List<ByteArray>,
    status: Status,
    trailers: Metadata = Metadata(),
) {
    sendHeaders(Metadata())
    responses.forEach(::sendMessage)
    close(status, trailers)
}
