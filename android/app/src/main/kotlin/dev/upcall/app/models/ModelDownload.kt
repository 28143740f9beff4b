package dev.upcall.app.models

import dev.upcall.core.BundleFile
import dev.upcall.core.MANIFEST
import dev.upcall.core.ModelError
import dev.upcall.core.openBundle
import dev.upcall.core.readBundleManifest
import dev.upcall.engine.onnx.NAME_MODEL
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.InputStream
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import kotlin.io.path.readText
import kotlin.io.path.writeText

private const val MOST_MANIFEST_BYTES = 1 shl 20
private const val SOURCE = "source"
private const val FILES = "files"

/** What is downloaded. */
internal enum class DownloadKind { BUNDLE, NAME_MODEL }

/**
 * One download and the folder that it grows in, which outlives the process. All of it comes at once to its place, when it is whole.
 *
 * @property folder holds where it comes from, the manifest, and the files that have come in.
 */
internal class ModelDownload(private val folder: Path, val kind: DownloadKind, private val address: DownloadAddress) {
    private val files = folder.resolve(FILES)

    /** Name of the model. */
    val name: String get() = folder.fileName.toString()

    /** Bytes that are kept. */
    fun receivedBytes(): Long = bytesIn(files)

    /** Makes the folder, and writes down where the download comes from. */
    fun begin() {
        writing {
            Files.createDirectories(files)
            folder.resolve(SOURCE).writeText("${kind.name}\n${address.folder}\n")
        }
    }

    /** Deletes all of it. */
    fun discard(): Unit = deleteTree(folder)

    /**
     * Fetches what is lacking.
     *
     * @param engines refuse a bundle that they do not run before it is fetched.
     * @param tell how far it is.
     * @throws dev.upcall.core.UpcallError what came in stays, for the next time.
     */
    suspend fun run(engines: EngineOpener, capacity: Capacity, tell: (DownloadState) -> Unit) {
        tell(DownloadState.Starting(name))
        val source = HttpFiles(address)
        val list = if (kind == DownloadKind.BUNDLE) fetchList(source, engines) else NAME_MODEL
        val totalBytes = list.sumOf { it.sizeBytes.toLong() }
        capacity.checkRoom(list, totalBytes - receivedBytes().coerceAtMost(totalBytes), folder)
        var before = 0L
        for (file in list) {
            source.fetch(file, files.resolve(file.path)) {
                tell(DownloadState.Running(name, file.path, before + it, totalBytes))
            }
            before += file.sizeBytes.toLong()
        }
        tell(DownloadState.Checking(name))
    }

    /**
     * Verifies what came in and moves it to its place.
     *
     * @throws dev.upcall.core.BundleError it is no whole bundle.
     */
    fun install(target: Path) {
        writing {
            if (kind == DownloadKind.BUNDLE) {
                Files.copy(folder.resolve(MANIFEST), files.resolve(MANIFEST), StandardCopyOption.REPLACE_EXISTING)
            }
        }
        if (kind == DownloadKind.BUNDLE) openBundle(files)
        writing {
            if (Files.exists(target)) deleteTree(target)
            Files.move(files, target, StandardCopyOption.ATOMIC_MOVE)
        }
        discard()
    }

    /** The manifest, whose files are all that is fetched; what an earlier list named and this one does not is deleted. */
    private suspend fun fetchList(source: HttpFiles, engines: EngineOpener): List<BundleFile> {
        val text = source.read(MANIFEST, from = 0) { it.bytes.readUpTo(MOST_MANIFEST_BYTES + 1) }
        if (text.size > MOST_MANIFEST_BYTES) throw ModelError("The server's $MANIFEST is none.")
        writing { Files.write(folder.resolve(MANIFEST), text) }
        val manifest = readBundleManifest(folder)
        engines.choose(manifest)
        dropOthers(manifest.files.map { files.resolve(it.path) })
        return manifest.files
    }

    private fun dropOthers(wanted: List<Path>) {
        val kept = wanted.flatMap { listOf(it, partOf(it)) }.toSet()
        Files.walk(files).use { all -> all.filter { Files.isRegularFile(it) && it !in kept }.forEach(Files::delete) }
    }

    companion object {
        /** A download that an earlier process left; null where the folder holds none. */
        fun leftIn(folder: Path): ModelDownload? = try {
            val (kind, address) = folder.resolve(SOURCE).readText().lines()
            ModelDownload(folder, DownloadKind.valueOf(kind), DownloadAddress.of(address))
        } catch (_: IOException) {
            null
        } catch (_: IllegalArgumentException) {
            null
        }
    }
}

/** InputStream.readNBytes is of Android 13 and later. */
private fun InputStream.readUpTo(limit: Int): ByteArray {
    val gathered = ByteArrayOutputStream()
    val piece = ByteArray(DEFAULT_BUFFER_SIZE)
    while (gathered.size() < limit) {
        val count = read(piece, 0, minOf(piece.size, limit - gathered.size()))
        if (count < 0) break
        gathered.write(piece, 0, count)
    }
    return gathered.toByteArray()
}
