package dev.upcall.app.theme

import android.os.Build
import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.dynamicDarkColorScheme
import androidx.compose.material3.dynamicLightColorScheme
import androidx.compose.runtime.Composable
import androidx.compose.ui.platform.LocalContext

/**
 * Material 3 in the user's own colours from Android 12 on, else in Upcall's.
 *
 * @param usesDynamicColors take the colours of the wallpaper where the system has them.
 */
@Composable
fun UpcallTheme(
    isDark: Boolean = isSystemInDarkTheme(),
    usesDynamicColors: Boolean = true,
    content: @Composable () -> Unit,
) {
    val hasDynamicColors = usesDynamicColors && Build.VERSION.SDK_INT >= Build.VERSION_CODES.S
    val context = LocalContext.current
    val colors =
        when {
            hasDynamicColors -> if (isDark) dynamicDarkColorScheme(context) else dynamicLightColorScheme(context)
            isDark -> DarkColors
            else -> LightColors
        }
    MaterialTheme(colorScheme = colors, content = content)
}
