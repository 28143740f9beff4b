package dev.upcall.app.chat

import androidx.compose.foundation.text.input.InputTransformation
import androidx.compose.foundation.text.input.TextFieldBuffer
import androidx.compose.runtime.Stable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.setValue

/** Cuts a text to so many characters (UTF-16 units, of which none is torn from its pair), and tells how many went. */
@Stable
class LengthLimit(private val mostCharacters: Int) : InputTransformation {
    /** Cut from what was last typed or pasted; 0 where all of it fitted. */
    var cutCharacters by mutableIntStateOf(0)
        private set

    override fun TextFieldBuffer.transformInput() {
        cutCharacters = (length - mostCharacters).coerceAtLeast(0)
        if (cutCharacters == 0) return
        val splitsPair = Character.isHighSurrogate(charAt(mostCharacters - 1)) && mostCharacters > 1
        replace(if (splitsPair) mostCharacters - 1 else mostCharacters, length, "")
    }
}
