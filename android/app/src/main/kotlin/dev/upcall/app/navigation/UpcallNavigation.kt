package dev.upcall.app.navigation

import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import androidx.lifecycle.createSavedStateHandle
import androidx.lifecycle.viewmodel.compose.viewModel
import androidx.navigation.NavHostController
import androidx.navigation.NavType
import androidx.navigation.compose.NavHost
import androidx.navigation.compose.composable
import androidx.navigation.compose.rememberNavController
import androidx.navigation.navArgument
import dev.upcall.app.AppContainer
import dev.upcall.app.benchmark.BenchmarkScreen
import dev.upcall.app.benchmark.BenchmarkViewModel
import dev.upcall.app.chat.ChatScreen
import dev.upcall.app.chat.ChatViewModel
import dev.upcall.app.models.ModelsScreen
import dev.upcall.app.models.ModelsViewModel
import dev.upcall.app.preview.PreviewScreen
import dev.upcall.app.preview.PreviewViewModel
import dev.upcall.app.settings.SettingsScreen
import dev.upcall.app.settings.SettingsViewModel
import dev.upcall.app.why.WhyScreen
import dev.upcall.app.why.WhyViewModel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emptyFlow

/**
 * All screens, and the ways between them.
 *
 * @param begun conversations that were begun elsewhere and are to be shown.
 */
@Composable
fun UpcallNavigation(
    container: AppContainer,
    controller: NavHostController = rememberNavController(),
    begun: Flow<Long> = emptyFlow(),
) {
    val open = { screen: Destination -> controller.navigate(screen.route) { launchSingleTop = true } }
    val back: () -> Unit = { controller.navigateUp() }
    NavHost(controller, startDestination = Destination.CHAT.route) {
        composable(Destination.CHAT.route) {
            val chat = viewModel { ChatViewModel(container, createSavedStateHandle()) }
            LaunchedEffect(chat, begun) { begun.collect(chat::showOnce) }
            ChatScreen(
                viewModel = chat,
                onOpen = open,
                onWhy = { controller.navigate(Destination.why(it)) { launchSingleTop = true } },
            )
        }
        composable(
            Destination.WHY.route,
            arguments = listOf(navArgument(ANSWER_ID) { type = NavType.LongType }),
        ) { entry ->
            val answerId = checkNotNull(entry.arguments).getLong(ANSWER_ID)
            WhyScreen(viewModel { WhyViewModel(container.conversations, answerId) }, back)
        }
        composable(Destination.PREVIEW.route) {
            PreviewScreen(
                viewModel { PreviewViewModel(container.asker, container.answers, container.models) },
                back,
            )
        }
        composable(Destination.MODELS.route) {
            ModelsScreen(
                viewModel { ModelsViewModel(container.models, container.settings, container.answers) },
                back,
                onBenchmark = { open(Destination.BENCHMARK) },
            )
        }
        composable(Destination.BENCHMARK.route) {
            BenchmarkScreen(
                viewModel { BenchmarkViewModel(container.models, container.settings, container.benchmark) },
                back,
            )
        }
        composable(Destination.SETTINGS.route) {
            SettingsScreen(
                viewModel { SettingsViewModel(container.settings, container.apiKey, container.callBudget) },
                back,
            )
        }
    }
    FollowApproval(container, controller)
}

/** Shows what would leave as soon as it is to be approved, and goes back once nothing waits any more. */
@Composable
private fun FollowApproval(container: AppContainer, controller: NavHostController) {
    val approval by container.asker.approval.collectAsStateWithLifecycle()
    val number = approval?.number
    var shown by rememberSaveable { mutableStateOf<Long?>(null) } // whoever went back from it is not led there again
    LaunchedEffect(number) {
        if (number == null) {
            controller.popBackStack(Destination.PREVIEW.route, inclusive = true)
        } else if (number != shown) {
            controller.navigate(Destination.PREVIEW.route) { launchSingleTop = true }
        }
        shown = number
    }
}
