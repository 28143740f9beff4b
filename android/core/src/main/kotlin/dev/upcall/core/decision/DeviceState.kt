package dev.upcall.core.decision

import dev.upcall.core.InputError
import dev.upcall.core.entryOf

/** A battery of so many percent or less is low. */
public const val LOW_BATTERY_PERCENT: Double = 20.0

/** A battery of so many percent or less is about to be empty. */
public const val EMPTY_BATTERY_PERCENT: Double = 5.0

/** With less than this free, an operating system is likely to end the program that answers. */
public const val LEAST_MEMORY_BYTES: Long = 128L * 1024 * 1024

/** Most tokens of an answer by a device that is critically hot or about to run out of power. */
public const val SHORT_ANSWER_TOKENS: Int = 64

/** How hot the device is, in the terms of Android's thermal status; its levels beyond critical count as critical. */
public enum class Thermal {
    NONE,
    LIGHT,
    MODERATE,
    SEVERE,
    CRITICAL,
    ;

    /** The word of the vectors. */
    public val value: String get() = name.lowercase()

    public companion object {
        /**
         * The state of a word such as `severe`.
         *
         * @throws InputError it is the word of none.
         */
        public fun of(value: String): Thermal = entryOf(value, "The heat state is not known.")
    }
}

/** What a call would travel over. */
public enum class Network {
    OFFLINE,
    METERED,
    UNMETERED,
    ;

    /** The word of the vectors. */
    public val value: String get() = name.lowercase()

    public companion object {
        /**
         * The state of a word such as `metered`.
         *
         * @throws InputError it is the word of none.
         */
        public fun of(value: String): Network = entryOf(value, "The network state is not known.")
    }
}

/**
 * The device at one moment. Null is what nobody can tell, and weighs nothing.
 *
 * @property batteryPercent 0 to 100; null without a battery.
 * @property isCharging whether it runs on external power.
 * @property thermal how hot it is.
 * @property network what a call would travel over.
 * @property freeMemoryBytes what programs can still get, ≥ 0.
 * @throws InputError a value outside its range.
 */
public data class DeviceState(
    public val batteryPercent: Double? = null,
    public val isCharging: Boolean? = null,
    public val thermal: Thermal? = null,
    public val network: Network? = null,
    public val freeMemoryBytes: Long? = null,
) {
    init {
        if (batteryPercent != null && batteryPercent !in 0.0..100.0) {
            throw InputError("The battery level is $batteryPercent %.", allowed = "0 to 100")
        }
        if (freeMemoryBytes != null && freeMemoryBytes < 0) {
            throw InputError("The free memory is $freeMemoryBytes bytes.", allowed = "0 or more")
        }
    }

    /** Whether it runs on a battery of 20 % or less. */
    public val hasLowBattery: Boolean get() = isOnBatteryOf(LOW_BATTERY_PERCENT)

    /** Whether it runs on a battery of 5 % or less. */
    public val hasEmptyBattery: Boolean get() = isOnBatteryOf(EMPTY_BATTERY_PERCENT)

    /** Whether the system is slowing it down for its heat. */
    public val isHot: Boolean get() = thermal == Thermal.SEVERE || thermal == Thermal.CRITICAL

    /** Whether an answer here may end the program. */
    public val hasLowMemory: Boolean get() = freeMemoryBytes != null && freeMemoryBytes < LEAST_MEMORY_BYTES

    /** Most tokens that the device should answer with; null sets no limit. Vectors: proto/vectors/decision.json. */
    public val answerLimitTokens: Int?
        get() = if (thermal == Thermal.CRITICAL || hasEmptyBattery) SHORT_ANSWER_TOKENS else null

    private fun isOnBatteryOf(mostPercent: Double): Boolean =
        batteryPercent != null && isCharging != true && batteryPercent <= mostPercent
}

/** Reads the state of the device. May be shared between threads. */
public fun interface DeviceMonitor {
    /** The state now, within milliseconds. Never throws: what cannot be told is null. */
    public fun read(): DeviceState
}
