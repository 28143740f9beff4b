package dev.upcall.app.e2e

import android.os.Looper
import dev.upcall.app.models.EngineKind
import dev.upcall.app.models.EngineOpener
import dev.upcall.app.models.NativeEngines
import dev.upcall.core.Bundle
import dev.upcall.core.BundleManifest
import dev.upcall.core.languagemodel.Engine
import dev.upcall.core.languagemodel.RouterStage
import dev.upcall.core.languagemodel.Step
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicInteger

/** Other engines, watched: what they do, and on which thread. */
class WatchedEngines : EngineOpener {
    /** What is watched. */
    @Volatile
    var used: EngineOpener = NativeEngines

    /** Names of the bundles that were opened, in order. */
    val opened = CopyOnWriteArrayList<String>()

    /** Names of the bundles that were closed, in order. */
    val closed = CopyOnWriteArrayList<String>()

    /** Passes through a model so far. */
    val passes = AtomicInteger()

    /** What was done on the thread that draws. */
    val onMainThread = CopyOnWriteArrayList<String>()

    override fun choose(manifest: BundleManifest): EngineKind = used.choose(manifest)

    override fun version(kind: EngineKind): String = used.version(kind)

    override fun open(bundle: Bundle): Engine {
        watch("open")
        val name = bundle.path.fileName.toString()
        opened += name
        return Watched(used.open(bundle), name)
    }

    private fun watch(work: String) {
        if (Looper.myLooper() == Looper.getMainLooper()) onMainThread += work
    }

    private inner class Watched(private val engine: Engine, private val name: String) : Engine by engine {
        override fun forward(tokens: IntArray): Step {
            watch("forward")
            passes.incrementAndGet()
            return engine.forward(tokens)
        }

        override fun route(stage: RouterStage, features: FloatArray): Double {
            watch("route")
            return engine.route(stage, features)
        }

        override fun close() {
            watch("close")
            closed += name
            engine.close()
        }
    }
}
