package dev.upcall.core.redaction.identifiers

import dev.upcall.core.redaction.SCHEMES
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class IdentifiersTest {
    private val examples =
        mapOf(
            "ahv" to "7569217076985",
            "bsn" to "111222333",
            "codice_fiscale" to "RSSMRA85T10A562S",
            "cpr" to "0707614285",
            "dni" to "12345678Z",
            "fodselsnummer" to "15108695088",
            "hetu" to "131052-308T",
            "nhs" to "9434765919",
            "nino" to "AB123456C",
            "nir" to "295109912611193",
            "personnummer" to "6408233234",
            "pesel" to "44051401359",
            "portuguese_nif" to "501964843",
            "pps" to "6433435F",
            "rijksregisternummer" to "85073003328",
            "steuer_id" to "36574261809",
            "svnr" to "1237010180",
            "versicherungsnummer" to "15070649C103",
            "aadhaar" to "234123412346",
            "cpf" to "39053344705",
            "curp" to "BOXW310820HNERXN09",
            "medicare" to "2123456701",
            "my_number" to "123456789018",
            "nric" to "S0000001I",
            "pan" to "ACUPA7085R",
            "resident_id" to "11010519491231002X",
            "rrn" to "9710139019902",
            "rut" to "760864285",
            "sin" to "123456782",
            "south_african_id" to "7503305044089",
            "tckn" to "17291716060",
            "tfn" to "123456782",
            "dea" to "BB1388568",
            "kvnr" to "A123456780",
            "mbi" to "1EG4TE5MK73",
            "npi" to "1234567893",
            "aba" to "111000025",
            "ein" to "123456789",
            "itin" to "912903456",
        )

    /** Those in which hardly a digit checks the others. */
    private val unchecked = setOf("cpr", "nino", "medicare", "pan", "mbi", "ein", "itin")

    @Test
    fun `every scheme has an example, and accepts it`() {
        assertEquals(SCHEMES.keys, examples.keys)
        assertEquals(emptyList(), examples.filter { (name, text) -> !SCHEMES.getValue(name)(text) }.keys.toList())
    }

    @Test
    fun `most wrong digits are seen`() {
        for ((name, right) in examples - unchecked) {
            val others =
                right.indices.flatMap { place ->
                    ('0'..'9').map { right.replaceRange(place, place + 1, "$it") } - right
                }
            val passed = others.count(SCHEMES.getValue(name))
            assertTrue(passed <= others.size * 0.1, "$name passes $passed of ${others.size}")
        }
    }

    @Test
    fun `any text has an answer`() {
        val rows = listOf("0".repeat(9), "1".repeat(10), "9".repeat(11), "Z".repeat(16), "é".repeat(9))
        val texts = listOf("", "0", "A", "-") + rows
        for ((name, example) in examples) {
            val scheme = SCHEMES.getValue(name)
            for (text in texts + example.dropLast(1)) assertFalse(scheme(text) && text.length != example.length, name)
            scheme(example + "1")
            scheme(example.replace('1', '٣'))
        }
    }
}
