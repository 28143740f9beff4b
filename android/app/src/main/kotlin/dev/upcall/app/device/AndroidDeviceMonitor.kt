package dev.upcall.app.device

import android.app.ActivityManager
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.net.ConnectivityManager
import android.net.NetworkCapabilities
import android.os.BatteryManager
import android.os.Build
import android.os.PowerManager
import dev.upcall.core.decision.DeviceMonitor
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.decision.Network
import dev.upcall.core.decision.Thermal

/** Reads battery, heat, network and memory from the system's services. */
class AndroidDeviceMonitor(private val context: Context) : DeviceMonitor {
    override fun read(): DeviceState {
        val battery = told { context.registerReceiver(null, IntentFilter(Intent.ACTION_BATTERY_CHANGED)) }
        return DeviceState(
            batteryPercent = battery?.let(::percent),
            isCharging = battery?.let(::isCharging),
            thermal = told { thermal() },
            network = told { network() },
            freeMemoryBytes = told { freeMemoryBytes() },
        )
    }

    private fun thermal(): Thermal? {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.Q) return null
        return when (context.getSystemService(PowerManager::class.java)?.currentThermalStatus) {
            null -> null
            PowerManager.THERMAL_STATUS_NONE -> Thermal.NONE
            PowerManager.THERMAL_STATUS_LIGHT -> Thermal.LIGHT
            PowerManager.THERMAL_STATUS_MODERATE -> Thermal.MODERATE
            PowerManager.THERMAL_STATUS_SEVERE -> Thermal.SEVERE
            else -> Thermal.CRITICAL
        }
    }

    /** A network that is not known to reach the internet counts: the service may be in it. */
    private fun network(): Network? {
        val connectivity = context.getSystemService(ConnectivityManager::class.java) ?: return null
        val capabilities = connectivity.activeNetwork?.let(connectivity::getNetworkCapabilities)
        return when {
            capabilities == null -> Network.OFFLINE
            capabilities.hasCapability(NetworkCapabilities.NET_CAPABILITY_NOT_METERED) -> Network.UNMETERED
            else -> Network.METERED
        }
    }

    private fun freeMemoryBytes(): Long? {
        val activities = context.getSystemService(ActivityManager::class.java) ?: return null
        return ActivityManager.MemoryInfo().also(activities::getMemoryInfo).availMem.takeIf { it >= 0 }
    }
}

private fun percent(battery: Intent): Double? {
    if (!battery.getBooleanExtra(BatteryManager.EXTRA_PRESENT, true)) return null
    val level = battery.getIntExtra(BatteryManager.EXTRA_LEVEL, -1)
    val scale = battery.getIntExtra(BatteryManager.EXTRA_SCALE, -1)
    return if (scale > 0 && level in 0..scale) level * 100.0 / scale else null
}

private fun isCharging(battery: Intent): Boolean? =
    battery.getIntExtra(BatteryManager.EXTRA_PLUGGED, -1).takeIf { it >= 0 }?.let { it != 0 }

/** What a service of the system tells; null where it does not, whatever it throws: some vendors' services throw anything. */
private fun <T> told(read: () -> T?): T? = try {
    read()
} catch (_: RuntimeException) {
    null
}
