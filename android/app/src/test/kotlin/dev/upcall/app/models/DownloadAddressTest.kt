package dev.upcall.app.models

import dev.upcall.core.InputError
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test
import java.net.URI

class DownloadAddressTest {
    @Test
    fun `the folder of a manifest is the address`() {
        for (text in listOf("https://host/a/tiny", "https://host/a/tiny/", " https://host/a/tiny/manifest.json ")) {
            val address = DownloadAddress.of(text)
            assertEquals("https://host/a/tiny/", address.folder.toString())
            assertEquals("tiny", address.name)
            assertEquals("https://host/a/tiny/b%20c/d.onnx", address.of("b c/d.onnx").toString())
        }
    }

    @Test
    fun `what is not encrypted must be on this device`() {
        for (text in listOf("http://127.0.0.1:8000/tiny", "http://localhost/tiny", "http://[::1]/tiny")) {
            assertEquals("tiny", DownloadAddress.of(text).name)
        }
        for (text in listOf("http://host/tiny", "http://127.0.0.1.host/tiny", "ftp://host/tiny", "file:///tiny")) {
            assertThrows(text, InputError::class.java) { DownloadAddress.of(text) }
        }
    }

    @Test
    fun `what is no address of a folder is refused`() {
        val others =
            listOf("", "tiny", "https://", "https://user:secret@host/tiny", "https://host/tiny?x=1", "https://host/t#x")
        for (text in others + "https://ho st/tiny") {
            val error = assertThrows(text, InputError::class.java) { DownloadAddress.of(text) }
            assertEquals("check the address", error.nextStep)
        }
    }

    @Test
    fun `a redirection never leaves encryption`() {
        val from = URI("https://host/a/file")
        assertEquals("https://host/b", redirected(from, "/b").toString())
        assertEquals("https://other/b", redirected(from, "https://other/b").toString())
        for (location in listOf("http://host/b", "http://127.0.0.1/b", "ftp://host/b", "ht tp:")) {
            assertThrows(InputError::class.java) { redirected(from, location) }
        }
        assertThrows(InputError::class.java) { redirected(URI("http://127.0.0.1/a"), "http://host/b") }
    }

    @Test
    fun `a name becomes that of a folder`() {
        for (name in listOf("tiny", "smollm2-135m_int4.v1", "0")) assertEquals(name, true, isModelName(name))
        for (name in listOf("", ".hidden", "..", "a/b", "a b", "ä", "a".repeat(101))) {
            assertEquals(name, false, isModelName(name))
        }
    }
}
