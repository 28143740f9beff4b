package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.loadRules

/** The labels of the rules that come with this version. */
internal val LABELS: Labels by lazy { loadRules().labels }

/** What the cells of the columns with a label say, in order. */
internal fun List<Column>.values(text: String, label: String): List<String> =
    filter { it.label == label }.flatMap { column -> column.cells.map { it.of(text) } }
