package dev.upcall.app.theme

import androidx.compose.material3.ColorScheme
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.luminance
import org.junit.Assert.assertTrue
import org.junit.Test

private const val LEAST_OF_TEXT = 4.5

class ColorTest {
    @Test
    fun `text stands out in light and in dark`() {
        for (colors in listOf(LightColors, DarkColors)) {
            for ((name, pair) in pairs(colors)) {
                val found = contrast(pair.first, pair.second)
                assertTrue("$name has a contrast of $found", found >= LEAST_OF_TEXT)
            }
        }
    }

    private fun pairs(colors: ColorScheme): Map<String, Pair<Color, Color>> {
        val surfaces =
            mapOf(
                "surface" to colors.surface,
                "surfaceContainerLow" to colors.surfaceContainerLow,
                "surfaceContainer" to colors.surfaceContainer,
                "surfaceContainerHigh" to colors.surfaceContainerHigh,
                "surfaceContainerHighest" to colors.surfaceContainerHighest,
            )
        return buildMap {
            for ((name, surface) in surfaces) {
                put("onSurface on $name", colors.onSurface to surface)
                put("onSurfaceVariant on $name", colors.onSurfaceVariant to surface)
                put("error on $name", colors.error to surface)
                put("primary on $name", colors.primary to surface)
            }
            put("onPrimary", colors.onPrimary to colors.primary)
            put("onPrimaryContainer", colors.onPrimaryContainer to colors.primaryContainer)
            put("onSecondaryContainer", colors.onSecondaryContainer to colors.secondaryContainer)
            put("onTertiaryContainer", colors.onTertiaryContainer to colors.tertiaryContainer)
            put("onErrorContainer", colors.onErrorContainer to colors.errorContainer)
            put("inverseOnSurface", colors.inverseOnSurface to colors.inverseSurface)
        }
    }

    /** Of two colours, 1 to 21. Source: WCAG 2.2, contrast ratio. */
    private fun contrast(one: Color, other: Color): Double {
        val (dark, light) = listOf(one.luminance(), other.luminance()).sorted()
        return (light + 0.05) / (dark + 0.05)
    }
}
