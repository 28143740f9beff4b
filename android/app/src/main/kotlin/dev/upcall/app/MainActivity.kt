package dev.upcall.app

import android.content.Intent
import android.os.Bundle
import androidx.activity.ComponentActivity
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import dev.upcall.app.navigation.UpcallNavigation
import dev.upcall.app.theme.UpcallTheme

/** The one activity: it shows all screens. */
class MainActivity : ComponentActivity() {
    private val upcall: UpcallApplication get() = application as UpcallApplication

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        enableEdgeToEdge()
        if (savedInstanceState == null) upcall.deploy.handle(intent) // and not once more when the screen turns
        setContent { UpcallTheme { UpcallNavigation(upcall.container, begun = upcall.deploy.conversation) } }
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        upcall.deploy.handle(intent)
    }
}
