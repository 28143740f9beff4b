package dev.upcall.app

import android.app.Application
import android.content.pm.ApplicationInfo
import android.os.StrictMode
import dev.upcall.app.deploy.DeployCommands
import dev.upcall.app.deploy.DeployReports
import kotlinx.coroutines.launch

/** The process: it owns what outlives every screen. */
open class UpcallApplication : Application() {
    /** What the application is made of. */
    val container: AppContainer by lazy(LazyThreadSafetyMode.NONE, ::makeContainer)

    /** What a computer may ask of a build that is made to be tested. */
    val deploy: DeployCommands by lazy(LazyThreadSafetyMode.NONE) {
        DeployCommands(
            isAllowed = isDebuggable,
            models = container.models,
            answers = container.answers,
            conversations = container.conversations,
            benchmark = container.benchmark,
            reports = DeployReports(filesDir.toPath().resolve("deploy")),
            scope = container.scope,
        )
    }

    override fun onCreate() {
        super.onCreate()
        if (isDebuggable) beStrict()
        container.scope.launch { container.models.refresh() }
    }

    /** The system wants memory back: the model is the one thing that is worth giving. */
    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        if (level != TRIM_MEMORY_UI_HIDDEN) container.scope.launch { container.answers.release() }
    }

    protected open fun makeContainer(): AppContainer = DeviceContainer(this)

    private val isDebuggable: Boolean get() = applicationInfo.flags and ApplicationInfo.FLAG_DEBUGGABLE != 0

    /** Work that would hold up the screen is told in the log of builds that are made to be tested. */
    private fun beStrict() {
        StrictMode.setThreadPolicy(StrictMode.ThreadPolicy.Builder().detectAll().penaltyLog().build())
        StrictMode.setVmPolicy(StrictMode.VmPolicy.Builder().detectActivityLeaks().penaltyLog().build())
    }
}
