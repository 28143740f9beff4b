package dev.upcall.app.models

import android.os.Looper

/**
 * Asserts that this is not the thread that draws: reading or loading a model takes it away for seconds.
 *
 * @throws IllegalStateException it is.
 */
internal fun checkWorkerThread() {
    check(Looper.myLooper() == null || Looper.myLooper() != Looper.getMainLooper()) {
        "A model is worked on by the main thread."
    }
}
