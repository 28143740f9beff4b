package dev.upcall.app.settings

import android.content.Context
import android.content.pm.ApplicationInfo
import androidx.test.core.app.ApplicationProvider
import dev.upcall.app.R
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.xmlpull.v1.XmlPullParser

private val DOMAINS = listOf("root", "file", "database", "sharedpref", "external")
private val ALL_DOMAINS = DOMAINS + listOf("root", "file", "database", "sharedpref").map { "device_$it" }

@RunWith(RobolectricTestRunner::class)
class BackupTest {
    private val context = ApplicationProvider.getApplicationContext<Context>()

    @Test
    fun `no backup is allowed`() {
        assertEquals(0, context.applicationInfo.flags and ApplicationInfo.FLAG_ALLOW_BACKUP)
    }

    @Test
    fun `nothing is taken to a cloud or to another phone`() {
        val rules = context.resources.getXml(R.xml.data_extraction_rules)
        val excluded = mutableMapOf<String, MutableList<String>>()
        var part = ""
        while (rules.next() != XmlPullParser.END_DOCUMENT) {
            if (rules.eventType != XmlPullParser.START_TAG) continue
            when (rules.name) {
                "cloud-backup", "device-transfer" -> part = rules.name
                "exclude" -> {
                    assertEquals(null, rules.getAttributeValue(null, "path"))
                    excluded.getOrPut(part) { mutableListOf() } += rules.getAttributeValue(null, "domain")
                }
                else -> assertEquals("data-extraction-rules", rules.name)
            }
        }
        assertEquals(mapOf("cloud-backup" to ALL_DOMAINS, "device-transfer" to ALL_DOMAINS), excluded)
    }
}
