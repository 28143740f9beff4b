package dev.upcall.app.preview

import androidx.compose.ui.text.AnnotatedString
import androidx.compose.ui.text.LinkAnnotation
import androidx.compose.ui.text.SpanStyle
import androidx.compose.ui.text.TextLinkStyles
import androidx.compose.ui.text.buildAnnotatedString
import androidx.compose.ui.text.input.OffsetMapping
import androidx.compose.ui.text.input.TransformedText
import androidx.compose.ui.text.input.VisualTransformation
import dev.upcall.core.redaction.Masked

/** The text with its placeholders marked, each of which can be tapped. */
internal fun marked(text: String, masked: List<Masked>, style: SpanStyle, onTap: (Masked) -> Unit): AnnotatedString =
    buildAnnotatedString {
        append(text)
        for ((start, end, mask) in marks(text, masked)) {
            addLink(LinkAnnotation.Clickable(mask.placeholder, TextLinkStyles(style)) { onTap(mask) }, start, end)
        }
    }

/** Marks the placeholders of a text that is being edited. */
internal data class MarkedText(private val masked: List<Masked>, private val style: SpanStyle) : VisualTransformation {
    override fun filter(text: AnnotatedString): TransformedText {
        val styles = marks(text.text, masked).map { (start, end) -> AnnotatedString.Range(style, start, end) }
        return TransformedText(AnnotatedString(text.text, styles), OffsetMapping.Identity)
    }
}
