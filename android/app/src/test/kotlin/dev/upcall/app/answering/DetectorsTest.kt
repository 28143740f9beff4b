package dev.upcall.app.answering

import dev.upcall.app.testing.Answering
import dev.upcall.core.RedactionError
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.NameFinder
import dev.upcall.core.redaction.Span
import dev.upcall.engine.onnx.NAME_MODEL
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.nio.file.Files

@RunWith(RobolectricTestRunner::class)
class DetectorsTest {
    @get:Rule
    val temporary = TemporaryFolder()

    private val at by lazy { Answering(temporary.root.toPath()) }
    private var isClosed = false

    @After
    fun end(): Unit = at.close()

    private inner class Annas :
        NameFinder,
        AutoCloseable {
        override val version = "annas-1"

        override fun spans(text: String): List<Span> = Regex(
            "Anna",
        ).findAll(text).map { Span(it.range.first, it.range.last + 1, EntityType.PERSON, "annas") }.toList()

        override fun close() {
            isClosed = true
        }
    }

    private fun install() {
        val folder = Files.createDirectories(at.library.nameModelFolder)
        for (file in NAME_MODEL) Files.write(folder.resolve(file.path), ByteArray(file.sizeBytes.toInt()))
    }

    @Test
    fun `names are found from the question after their model came, until it is deleted`(): Unit = runBlocking {
        val detectors = Detectors(at.library) { Annas() }
        val before = detectors.of(emptyList())
        assertNull(before.names)
        assertSame(before, detectors.of(emptyList()))
        install()
        val with = detectors.of(emptyList())
        assertEquals(listOf(EntityType.PERSON), with.find("Anna came.").map { it.entityType })
        assertSame(with, detectors.of(emptyList()))
        at.library.deleteNameModel()
        assertNull(detectors.of(emptyList()).names)
        assertTrue(isClosed)
    }

    @Test
    fun `a damaged model lets nothing be searched, until it is replaced`(): Unit = runBlocking {
        var isRight = false
        val detectors = Detectors(at.library) { if (isRight) Annas() else throw RedactionError("It is another one.") }
        install()
        assertThrows(RedactionError::class.java) { runBlocking { detectors.of(emptyList()).find("Anna") } }
        isRight = true
        assertEquals(1, detectors.of(emptyList()).find("Anna").size)
        Files.write(at.library.nameModelFolder.resolve(NAME_MODEL.first().path), ByteArray(3))
        assertThrows(RedactionError::class.java) { runBlocking { detectors.of(emptyList()).find("Anna") } }
    }

    @Test
    fun `own terms make another detector`(): Unit = runBlocking {
        val detectors = Detectors(at.library) { Annas() }
        assertEquals(0, detectors.of(emptyList()).find("Heron").size)
        assertEquals(1, detectors.of(listOf("Heron")).find("Heron").size)
    }
}
