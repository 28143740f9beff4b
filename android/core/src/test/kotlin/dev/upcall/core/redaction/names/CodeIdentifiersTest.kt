package dev.upcall.core.redaction.names

import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import kotlin.test.assertEquals

class CodeIdentifiersTest {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '~',
        value = [
            "const apiKey = 1|apiKey",
            "secret:prod/db-AbCdEf|db-AbCdEf",
            "my-app-tls|my-app-tls",
            "def user(params):|params",
            "the params[0] of it|params",
            "user.member is empty|member",
            "if (a) { return kernel; }|kernel",
            "x = Widget(1)|Widget",
            "\\begin{theorem}|theorem",
        ],
    )
    fun `identifiers of code`(text: String, value: String) = assertEquals(true, isIdentifier(text, value))

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '~',
        value = [
            "let kowalczyk know|kowalczyk",
            "from zbigniew kowalczyk|kowalczyk",
            "author: kowalczyk; reviewer: nowak;|nowak",
            "user=kowalczyk|kowalczyk",
            "{\"owner\": \"kowalczyk\"};|kowalczyk",
            "<td>kowalczyk</td>|kowalczyk",
            "contact e.kowalczyk|kowalczyk",
            "@kowalczykJR|kowalczykJR",
            "signed deVries|deVries",
            "I met Kowalczyk (today)|Kowalczyk",
        ],
    )
    fun `names are none`(text: String, value: String) = assertEquals(false, isIdentifier(text, value))

    private fun isIdentifier(text: String, value: String): Boolean {
        val start = text.lastIndexOf(value)
        return CodeIdentifiers(text, loadNameRules()).isIdentifier(start, start + value.length)
    }
}
