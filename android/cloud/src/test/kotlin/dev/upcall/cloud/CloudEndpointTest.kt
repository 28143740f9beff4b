package dev.upcall.cloud

import dev.upcall.core.InputError
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class CloudEndpointTest {
    @Test
    fun `loopback needs no TLS`() {
        for (target in listOf("127.0.0.1:50051", "localhost:1", "[::1]:50051", "127.9.9.9:65535")) {
            assertTrue(CloudEndpoint(target).isLoopback, target)
        }
    }

    @Test
    fun `a network needs TLS`() {
        val targets = listOf("10.0.0.1:50051", "cloud.example.org:443", "[2001:db8::1]:443", "localhost.example.org:1")
        for (target in targets) {
            val error = assertFailsWith<InputError>(target) { CloudEndpoint(target) }
            assertTrue("without TLS" in error.problem)
            assertFalse(CloudEndpoint(target, useTls = true).isLoopback)
        }
    }

    @Test
    fun `a malformed target is refused`() {
        val targets =
            listOf("", "localhost", ":1", "localhost:0", "localhost:65536", "localhost:x", "unix:/a:1", "a:²") +
                listOf("localhost:-1", "localhost:+1", "localhost:")
        for (target in targets) {
            val error = assertFailsWith<InputError>(target) { CloudEndpoint(target) }
            assertTrue("HOST:PORT" in error.allowed, target)
        }
    }

    @Test
    fun `a key is one word and not shown`() {
        for (key in listOf("upc_a\n", "upc a", "ключ", "upc\u0000")) {
            val error = assertFailsWith<InputError> { CloudEndpoint("localhost:1", apiKey = key) }
            assertTrue("space" in error.problem)
            assertFalse(key in error.message.orEmpty())
        }
        assertFalse("upc_secret" in CloudEndpoint("localhost:1", apiKey = "upc_secret").toString())
    }

    @Test
    fun `a CA certificate needs TLS and must be one`(
        @TempDir folder: Path,
    ) {
        val file = folder.resolve("authority.pem")
        val error = assertFailsWith<InputError> { CloudEndpoint("localhost:1", caCertificate = file) }
        assertTrue("TLS is off" in error.problem)
        val endpoint = CloudEndpoint("localhost:1", useTls = true, caCertificate = file)
        assertTrue("cannot be read" in assertFailsWith<InputError> { GrpcCloud(endpoint) }.problem)
        Files.writeString(file, "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n")
        assertTrue("cannot be read" in assertFailsWith<InputError> { GrpcCloud(endpoint) }.problem)
        Files.writeString(file, "")
        assertTrue("cannot be read" in assertFailsWith<InputError> { GrpcCloud(endpoint) }.problem)
    }
}
