package dev.upcall.app.chat

import androidx.compose.foundation.lazy.LazyListState
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.snapshotFlow

/**
 * Keeps the end of a list in view while it grows or its window shrinks, where it was in view before.
 *
 * Whoever scrolls away, by whatever means, is left there.
 *
 * @param key of what the list shows: another one begins at its end.
 */
@Composable
internal fun FollowEnd(state: LazyListState, key: Any?) {
    val kept = rememberSaveable(key) { mutableStateOf(true) }
    LaunchedEffect(state, key) {
        var before: Extent? = null
        snapshotFlow { extent(state) }.collect { now ->
            if (now.count == 0) return@collect
            val hasGrown = before?.let { hasGrown(it, now) } ?: true
            before = now
            if (hasGrown && kept.value && !state.isScrollInProgress) {
                state.requestScrollToItem(now.count - 1)
            } else {
                kept.value = !now.canScrollForward
            }
        }
    }
}

/** @property lastSize of the last item but one, which grows; null where it is out of view. */
private data class Extent(val count: Int, val lastSize: Int?, val viewport: Int, val canScrollForward: Boolean)

private fun extent(state: LazyListState): Extent {
    val layout = state.layoutInfo
    val last = layout.visibleItemsInfo.findLast { it.index == layout.totalItemsCount - 2 }
    val viewport = layout.viewportEndOffset - layout.viewportStartOffset
    return Extent(layout.totalItemsCount, last?.size, viewport, state.canScrollForward)
}

private fun hasGrown(before: Extent, now: Extent): Boolean {
    val isOfOtherSize = before.lastSize != null && now.lastSize != null && before.lastSize != now.lastSize
    return before.count != now.count || before.viewport != now.viewport || isOfOtherSize
}
