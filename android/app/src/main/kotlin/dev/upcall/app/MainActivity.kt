package dev.upcall.app

import android.os.Bundle
import androidx.activity.ComponentActivity
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import dev.upcall.app.navigation.UpcallNavigation
import dev.upcall.app.theme.UpcallTheme

/** The one activity: it shows all screens. */
class MainActivity : ComponentActivity() {
    private val container: AppContainer get() = (application as UpcallApplication).container

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        enableEdgeToEdge()
        setContent { UpcallTheme { UpcallNavigation(container) } }
    }
}
