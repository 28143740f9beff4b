package dev.upcall.core

import dev.upcall.core.decision.Threshold
import dev.upcall.core.decision.featureCount
import dev.upcall.core.languagemodel.ChatTemplate
import dev.upcall.core.languagemodel.RouterStage
import java.io.IOException
import java.io.UncheckedIOException
import java.nio.ByteBuffer
import java.nio.file.Files
import java.nio.file.LinkOption
import java.nio.file.Path
import java.security.MessageDigest

/** The version of manifests that this Upcall reads. */
public const val SCHEMA_VERSION: Long = 1

/** The file of a bundle that lists all others. */
public const val MANIFEST: String = "manifest.json"

/** The model of a bundle as an ONNX graph. */
public const val MODEL_ONNX: String = "model.onnx"

/** The model of a bundle as an ExecuTorch program. */
public const val MODEL_PTE: String = "model.pte"

/** The tokenizer of a bundle. */
public const val TOKENIZER: String = "tokenizer.json"

/**
 * A verified bundle.
 *
 * @property path its folder.
 * @property manifest what it says of itself.
 * @property threshold null when the exporter did not calibrate one.
 * @property routerStages those that have a head.
 */
public class Bundle internal constructor(
    public val path: Path,
    public val manifest: BundleManifest,
    public val threshold: Threshold?,
    public val routerStages: Set<RouterStage>,
) {
    /** The ONNX graph; in a bundle that [holds] it. */
    public val model: Path get() = path.resolve(MODEL_ONNX)

    /** The ExecuTorch program; in a bundle that [holds] it. */
    public val program: Path get() = path.resolve(MODEL_PTE)

    /** The tokenizer of the model. */
    public val tokenizer: Path get() = path.resolve(TOKENIZER)

    /** The chat template of the model. */
    public val template: ChatTemplate get() = manifest.chatTemplate

    /** Any of them ends an answer. */
    public val stopTokenIds: Set<Int> get() = manifest.stopTokenIds

    /** Whether the manifest lists a file of that name. */
    public fun holds(name: String): Boolean = manifest.files.any { it.path == name }
}

/**
 * Reads and verifies a bundle: every file of the manifest and no other, each of its size and SHA-256, nothing outside.
 *
 * @throws BundleError the folder is missing, damaged, incomplete, edited, or of a schema version that this Upcall does not know.
 */
public fun openBundle(path: Path): Bundle {
    if (!Files.isDirectory(path)) {
        throw BundleError(
            "There is no bundle at $path.",
            BundleFault.MISSING,
            nextStep = "make one with `upcall export` and copy its folder to this device",
        )
    }
    try {
        val manifest = listing(path)
        checkFiles(path, manifest)
        val stages = routerStages(manifest)
        return Bundle(path, manifest, threshold(manifest, stages), stages)
    } catch (error: IOException) {
        throw unreadable(error)
    } catch (error: UncheckedIOException) {
        // of the walk over the folder
        throw unreadable(error)
    }
}

/**
 * Reads what a bundle says of itself. None of its other files is looked at, which [openBundle] does: they may be damaged, or not there
 * yet.
 *
 * @throws BundleError the manifest is missing, damaged, of a schema version that this Upcall does not know, or names a file outside.
 */
public fun readBundleManifest(path: Path): BundleManifest = try {
    listing(path)
} catch (error: IOException) {
    throw unreadable(error)
}

private fun listing(path: Path): BundleManifest =
    manifestOf(path.resolve(MANIFEST)).also(::checkRuntimes).also(::checkListing)

private fun manifestOf(file: Path): BundleManifest {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        throw fault(BundleFault.MANIFEST, "$file is missing or not a plain file.")
    }
    if (Files.size(file) > MAX_MANIFEST_BYTES) {
        throw fault(BundleFault.MANIFEST, "$file is larger than 1 MiB, so it is no manifest.")
    }
    val manifest =
        try {
            readManifest(Charsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(file))).toString())
        } catch (error: ProtoJsonException) {
            throw unreadable(file, error)
        } catch (error: IOException) {
            // that of text in no UTF-8 among them
            throw unreadable(file, error)
        }
    if (manifest.schemaVersion != SCHEMA_VERSION) {
        throw BundleError(
            "$file has schema version ${manifest.schemaVersion}.",
            BundleFault.VERSION,
            allowed = "$SCHEMA_VERSION",
            nextStep = "use the version of Upcall that made it, or export the model again",
        )
    }
    return manifest
}

private fun checkListing(manifest: BundleManifest) {
    val listed = manifest.files.map { it.path }.toSet()
    if (listed.size < manifest.files.size) throw fault(BundleFault.LISTING, "$MANIFEST lists a file twice.")
    for (name in listed) {
        // One way to write each path: no empty part, no ".", none that leads out, no other separator.
        if ('\\' in name || name.split('/').any { it in setOf("", ".", "..") }) {
            throw fault(BundleFault.PATH, "The bundle lists a file outside itself.", DO_NOT_USE)
        }
    }
    if (TOKENIZER !in listed || (MODEL_ONNX !in listed && MODEL_PTE !in listed)) {
        throw fault(
            BundleFault.LISTING,
            "The bundle does not list a model and its tokenizer.",
            allowed = "$TOKENIZER, and $MODEL_ONNX or $MODEL_PTE or both",
        )
    }
}

private fun checkFiles(path: Path, manifest: BundleManifest) {
    val found = filesIn(path)
    val extra = found - manifest.files.map { it.path }.toSet() - MANIFEST
    if (extra.isNotEmpty()) {
        val names = extra.sorted().joinToString()
        throw fault(BundleFault.EXTRA, "The bundle holds files that its manifest does not list: $names.")
    }
    for (entry in manifest.files) {
        if (entry.path !in found) throw fault(BundleFault.LACKING, "The bundle lacks ${entry.path}.")
        val file = path.resolve(entry.path)
        val size = Files.size(file)
        if (size.toULong() != entry.sizeBytes) {
            throw fault(BundleFault.SIZE, "${entry.path} has $size bytes.", allowed = "${entry.sizeBytes}")
        }
        if (fileSha256(file) != entry.sha256) {
            throw fault(BundleFault.HASH, "${entry.path} is damaged or edited: its sha256 differs.")
        }
    }
}

/** Paths of all files within, with forward slashes. */
private fun filesIn(path: Path): Set<String> = Files.walk(path).use { all ->
    buildSet {
        for (file in all) {
            if (file == path) continue
            if (Files.isSymbolicLink(file)) {
                throw fault(BundleFault.LINK, "The bundle holds a symbolic link: ${file.fileName}.", DO_NOT_USE)
            }
            if (!Files.isDirectory(file)) add(path.relativize(file).joinToString("/"))
        }
    }
}

/**
 * Lower-case hexadecimal SHA-256 of a file, read in pieces.
 *
 * @throws IOException it cannot be read.
 */
public fun fileSha256(file: Path): String {
    val digest = MessageDigest.getInstance("SHA-256")
    Files.newInputStream(file).use { input ->
        val piece = ByteArray(PIECE_BYTES)
        while (true) {
            val read = input.read(piece)
            if (read < 0) break
            digest.update(piece, 0, read)
        }
    }
    return digest.digest().joinToString("") { (it.toInt() and 0xFF).toString(16).padStart(2, '0') }
}

private fun routerStages(manifest: BundleManifest): Set<RouterStage> {
    val stages = manifest.routerHeads.mapNotNull { it.stage }.toSet()
    if (stages.size < manifest.routerHeads.size) {
        throw fault(BundleFault.HEADS, "The bundle's router heads are not one of each stage.")
    }
    for (head in manifest.routerHeads) {
        val wanted = head.stage?.let { featureCount(it, manifest.shape.hiddenSize) }
        if (head.featureCount != wanted?.toLong()) {
            throw fault(
                BundleFault.HEADS,
                "A router head of the bundle takes ${head.featureCount} features.",
                allowed = "$wanted, what this Upcall gives it",
            )
        }
    }
    val listed = manifest.files.map { it.path }
    val graphs = if (MODEL_ONNX in listed) stages else emptySet()
    if (graphs != RouterStage.entries.filter { "${it.method}.onnx" in listed }.toSet()) {
        throw fault(BundleFault.HEADS, "The bundle's router heads are not those of its manifest.")
    }
    return stages
}

private fun threshold(manifest: BundleManifest, stages: Set<RouterStage>): Threshold? {
    val given = manifest.threshold ?: return null
    val signal = given.signal
    val isKnown = signal != null && (signal.stage == null || signal.stage in stages)
    val isUsable = isKnown && given.value <= 0 // which NaN is not
    if (!isUsable) throw fault(BundleFault.THRESHOLD, "The bundle's escalation threshold is not usable.")
    return Threshold(signal, given.value)
}

private fun unreadable(file: Path, cause: Exception) =
    fault(BundleFault.MANIFEST, "$file is not a manifest that this Upcall can read.").apply { initCause(cause) }

private fun unreadable(cause: Exception) =
    fault(BundleFault.LACKING, "A file of the bundle cannot be read.").apply { initCause(cause) }

private fun fault(fault: BundleFault, problem: String, nextStep: String = EXPORT_AGAIN, allowed: String = "") =
    BundleError(problem, fault, allowed, nextStep)

private const val MAX_MANIFEST_BYTES = 1L shl 20
private const val PIECE_BYTES = 1 shl 16
private const val DO_NOT_USE = "do not use this bundle"
internal const val EXPORT_AGAIN = "copy the bundle anew or make it again with `upcall export`"
