package dev.upcall.app.navigation

import androidx.annotation.DrawableRes
import androidx.annotation.StringRes
import dev.upcall.app.R

/**
 * A screen.
 *
 * @property route of it.
 * @property title as its bar and the menu say it.
 * @property icon in the menu.
 */
enum class Destination(
    val route: String,
    @StringRes val title: Int,
    @DrawableRes val icon: Int,
) {
    CHAT("chat", R.string.app_name, R.drawable.ic_device),
    WHY("why/{$ANSWER_ID}", R.string.why_title, R.drawable.ic_info),
    PREVIEW("preview", R.string.preview_title, R.drawable.ic_lock),
    MODELS("models", R.string.models_title, R.drawable.ic_model),
    BENCHMARK("benchmark", R.string.benchmark_title, R.drawable.ic_speed),
    SETTINGS("settings", R.string.settings_title, R.drawable.ic_settings),
    ;

    companion object {
        /** What the menu leads to, from top to bottom. */
        val inMenu: List<Destination> = listOf(MODELS, BENCHMARK, SETTINGS)

        /** The route of the reasons of one answer. */
        fun why(answerId: Long): String = "why/$answerId"
    }
}

/** The argument of [Destination.WHY]. */
const val ANSWER_ID = "answerId"
