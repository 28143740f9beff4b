package dev.upcall.app.device

import android.app.ActivityManager
import android.app.Application
import android.content.Intent
import android.net.ConnectivityManager
import android.net.NetworkCapabilities
import android.os.BatteryManager
import android.os.Build
import android.os.PowerManager
import androidx.test.core.app.ApplicationProvider
import dev.upcall.core.decision.Network
import dev.upcall.core.decision.Thermal
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowNetworkCapabilities
import org.robolectric.util.ReflectionHelpers
import java.io.File

@RunWith(RobolectricTestRunner::class)
class AndroidDeviceMonitorTest {
    private val context = ApplicationProvider.getApplicationContext<Application>()
    private val monitor = AndroidDeviceMonitor(context)

    @Suppress("DEPRECATION") // nothing else can make an intent sticky, as the system's own is
    private fun battery(level: Int, scale: Int = 100, plugged: Int = 0, isPresent: Boolean = true) {
        context.sendStickyBroadcast(
            Intent(Intent.ACTION_BATTERY_CHANGED)
                .putExtra(BatteryManager.EXTRA_LEVEL, level)
                .putExtra(BatteryManager.EXTRA_SCALE, scale)
                .putExtra(BatteryManager.EXTRA_PLUGGED, plugged)
                .putExtra(BatteryManager.EXTRA_PRESENT, isPresent),
        )
    }

    @Test
    fun `battery is told in percent`() {
        battery(level = 30, scale = 200)
        assertEquals(15.0, monitor.read().batteryPercent!!, 0.0)
        assertEquals(false, monitor.read().isCharging)
        battery(level = 100, plugged = BatteryManager.BATTERY_PLUGGED_USB)
        assertEquals(100.0, monitor.read().batteryPercent!!, 0.0)
        assertEquals(true, monitor.read().isCharging)
    }

    @Test
    fun `what nobody can tell of a battery is not known`() {
        for ((level, scale) in listOf(-1 to 100, 50 to 0, 101 to 100)) {
            battery(level, scale)
            assertNull(monitor.read().batteryPercent)
        }
        battery(level = 50, isPresent = false)
        assertNull(monitor.read().batteryPercent)
    }

    @Test
    fun `heat beyond critical is critical`() {
        val power = shadowOf(context.getSystemService(PowerManager::class.java))
        val known =
            mapOf(
                PowerManager.THERMAL_STATUS_NONE to Thermal.NONE,
                PowerManager.THERMAL_STATUS_LIGHT to Thermal.LIGHT,
                PowerManager.THERMAL_STATUS_MODERATE to Thermal.MODERATE,
                PowerManager.THERMAL_STATUS_SEVERE to Thermal.SEVERE,
                PowerManager.THERMAL_STATUS_CRITICAL to Thermal.CRITICAL,
                PowerManager.THERMAL_STATUS_SHUTDOWN to Thermal.CRITICAL,
            )
        for ((status, thermal) in known) {
            power.setCurrentThermalStatus(status)
            assertEquals(thermal, monitor.read().thermal)
        }
    }

    @Test
    fun `the network is offline, metered or free`() {
        val connectivity = context.getSystemService(ConnectivityManager::class.java)
        val capabilities = ShadowNetworkCapabilities.newInstance()
        shadowOf(connectivity).setNetworkCapabilities(connectivity.activeNetwork, capabilities)
        assertEquals(Network.METERED, monitor.read().network)
        shadowOf(capabilities).addCapability(NetworkCapabilities.NET_CAPABILITY_NOT_METERED)
        assertEquals(Network.UNMETERED, monitor.read().network)
        shadowOf(connectivity).setDefaultNetworkActive(false)
        shadowOf(connectivity).setActiveNetworkInfo(null)
        assertEquals(Network.OFFLINE, monitor.read().network)
    }

    @Test
    fun `memory is what programs can still get`() {
        val memory = ActivityManager.MemoryInfo().apply { availMem = 123_456_789 }
        shadowOf(context.getSystemService(ActivityManager::class.java)).setMemoryInfo(memory)
        assertEquals(123_456_789L, monitor.read().freeMemoryBytes)
    }

    @Test
    fun `heat is not known before Android 10`() {
        val version = Build.VERSION.SDK_INT
        ReflectionHelpers.setStaticField(Build.VERSION::class.java, "SDK_INT", Build.VERSION_CODES.P)
        try {
            assertNull(monitor.read().thermal)
        } finally {
            ReflectionHelpers.setStaticField(Build.VERSION::class.java, "SDK_INT", version)
        }
    }

    @Test
    fun `the most memory is read where the system tells it`() {
        val status = File.createTempFile("status", null).apply { deleteOnExit() }
        status.writeText("Name:\tupcall\nVmHWM:\t  123456 kB\nVmRSS:\t 1 kB\n")
        assertEquals(123_456L * 1024, peakResidentBytes(status))
        status.writeText("Name:\tupcall\n")
        assertNull(peakResidentBytes(status))
        assertNull(peakResidentBytes(File("/nowhere")))
    }
}
