package dev.upcall.app.models

import dev.upcall.core.Bundle
import dev.upcall.core.BundleManifest
import dev.upcall.core.InputError
import dev.upcall.core.MANIFEST
import dev.upcall.core.ModelError
import dev.upcall.core.UpcallError
import dev.upcall.core.openBundle
import dev.upcall.core.readBundleManifest
import dev.upcall.engine.onnx.NAME_MODEL
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import java.nio.file.Files
import java.nio.file.Path

/** Folder of the model that finds names. */
internal const val NAME_MODEL_FOLDER: String = "rampart"

/**
 * A [ModelLibrary] over one folder: each folder in it that has a manifest is a bundle.
 *
 * @param root the folder; what is downloaded grows in a hidden one within.
 * @param scope in which downloads run: that of the process.
 */
class FolderModelLibrary(
    private val root: Path,
    private val engines: EngineOpener,
    capacity: Capacity,
    scope: CoroutineScope,
    private val dispatcher: CoroutineDispatcher = Dispatchers.IO,
) : ModelLibrary {
    private val found = MutableStateFlow<List<InstalledModel>>(emptyList())
    private val foundNames = MutableStateFlow<NameModel>(NameModel.Absent)
    private val lock = Mutex() // of what the folder is known to hold
    private val verdicts = HashMap<String, Verdict>()
    private val downloads = Downloads(root, engines, capacity, scope, dispatcher, ::look)

    override val models: StateFlow<List<InstalledModel>> = found.asStateFlow()
    override val nameModel: StateFlow<NameModel> = foundNames.asStateFlow()
    override val download: StateFlow<DownloadState> get() = downloads.state
    override val nameModelFolder: Path get() = root.resolve(NAME_MODEL_FOLDER)

    override suspend fun refresh() {
        look()
        downloads.takeUpLeft()
    }

    override fun startDownload(url: String): Unit = downloads.start(DownloadKind.BUNDLE, url)

    override fun startNameModelDownload(url: String): Unit = downloads.start(DownloadKind.NAME_MODEL, url)

    override fun pauseDownload(): Unit = downloads.pause()

    override fun resumeDownload(): Unit = downloads.resume()

    override fun discardDownload(): Unit = downloads.discard()

    override suspend fun verify(name: String): Bundle {
        val folder = folderOf(name)
        return onFiles {
            try {
                openBundle(folder).also {
                    engines.choose(it.manifest)
                    verdicts[name] = Verdict(fingerprint(folder), fault = null)
                }
            } catch (error: UpcallError) {
                verdicts[name] = Verdict(fingerprint(folder), error)
                throw error
            } finally {
                found.value = found.value.map { if (it.name == name) installed(folder) else it }
            }
        }
    }

    override suspend fun delete(name: String) {
        val folder = folderOf(name)
        onFiles {
            writing {
                // First, so that what cannot be deleted is no bundle any more.
                Files.deleteIfExists(folder.resolve(MANIFEST))
                deleteTree(folder)
            }
            verdicts -= name
        }
        look()
    }

    override suspend fun deleteNameModel() {
        onFiles { writing { deleteTree(nameModelFolder) } }
        look()
    }

    private suspend fun look(): Unit = onFiles {
        val folders = foldersIn(root).filter { Files.isRegularFile(it.resolve(MANIFEST)) }
        found.value = folders.map(::installed)
        foundNames.value = nameModel()
    }

    private fun folderOf(name: String): Path {
        if (!isModelName(name)) throw InputError("The model's name is not one.", allowed = "letters, digits, . _ and -")
        val folder = root.resolve(name)
        if (!Files.isRegularFile(folder.resolve(MANIFEST))) {
            throw ModelError("There is no model $name on this device.", nextStep = "choose or get one under Models")
        }
        return folder
    }

    private fun installed(folder: Path): InstalledModel {
        val name = folder.fileName.toString()
        return try {
            val manifest = readBundleManifest(folder)
            val verdict = verdicts[name]?.takeIf { it.fingerprint == fingerprint(folder) }
            described(name, manifest, verdict)
        } catch (error: UpcallError) {
            InstalledModel(name, "", "", "", engine = null, sizeBytes = bytesIn(folder), fault = error)
        }
    }

    private fun described(name: String, manifest: BundleManifest, verdict: Verdict?): InstalledModel {
        var fault = verdict?.fault
        val engine =
            try {
                engines.choose(manifest)
            } catch (error: UpcallError) {
                fault = error
                null
            }
        return InstalledModel(
            name = name,
            modelId = manifest.modelId,
            licence = manifest.modelLicence,
            recipe = manifest.recipe,
            engine = engine,
            sizeBytes = manifest.files.sumOf { it.sizeBytes.toLong() },
            fault = fault,
            isVerified = verdict != null && fault == null,
        )
    }

    private fun nameModel(): NameModel {
        val sizes =
            NAME_MODEL.map { file ->
                val path = nameModelFolder.resolve(file.path)
                if (Files.isRegularFile(path)) Files.size(path) else null
            }
        return when (sizes) {
            NAME_MODEL.map { null } -> NameModel.Absent
            NAME_MODEL.map { it.sizeBytes.toLong() } -> NameModel.Installed
            else -> NameModel.Damaged(damagedNames())
        }
    }

    private suspend fun <T> onFiles(work: suspend () -> T): T = withContext(dispatcher) {
        checkWorkerThread()
        lock.withLock { work() }
    }
}

/** What hashing a bundle gave, as long as its files are the same. */
private class Verdict(val fingerprint: String, val fault: UpcallError?)

internal fun damagedNames() = ModelError(
    "The model that finds names is not whole.",
    nextStep = "delete it under Models, or download it again",
)
