package dev.upcall.core.redaction.names

import dev.upcall.core.redaction.RuleFiles
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.text
import dev.upcall.core.redaction.texts
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertSame

class NameRulesTest {
    private val data = RuleFiles.read("names.json")
    private val forms = listOf("address_forms", "name_forms", "home_folders", "code_lines")

    @Test
    fun `rules are read once`() {
        assertEquals(data.text("names_version"), loadNameRules().version)
        assertSame(loadNameRules(), loadNameRules())
    }

    @Test
    fun `lists are in small letters`() {
        for ((key, value) in data) {
            if (value !is JsonArray || key in forms || key == "unread_scripts") continue
            assertEquals(data.texts(key).map(Unicode::lower), data.texts(key), key)
        }
    }

    @Test
    fun `no form matches nothing or a blanked placeholder`() {
        val rules = loadNameRules()
        for (form in rules.addressForms + rules.nameForms + rules.homeFolders + rules.codeLines) {
            assertFalse(form.isIn("") || form.isIn("\u0000".repeat(50)), form.source)
        }
    }

    @Test
    fun `rules without a field are no rules`() {
        for (key in data.keys - "comment") {
            assertFailsWith<NoSuchElementException>(key) { NameRules(JsonObject(data - key)) }
        }
    }
}
