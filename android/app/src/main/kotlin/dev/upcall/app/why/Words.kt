package dev.upcall.app.why

import androidx.annotation.StringRes
import dev.upcall.app.R
import dev.upcall.core.Role
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.Weight
import dev.upcall.core.redaction.EntityType

/** Where an answer came from, in words. */
@StringRes
internal fun words(place: Place): Int = when (place) {
    Place.DEVICE -> R.string.answer_of_device
    Place.CLOUD -> R.string.answer_of_cloud
}

/** The rule that decided, in words. */
@StringRes
internal fun words(reason: Reason, place: Place): Int {
    val isHere = place == Place.DEVICE
    return when (reason) {
        Reason.STRATEGY -> if (isHere) R.string.reason_strategy_device else R.string.reason_strategy_cloud
        Reason.NO_CLOUD -> R.string.reason_no_cloud
        Reason.PRIVATE -> R.string.reason_private
        Reason.DETECTOR_FAILED -> R.string.reason_detector_failed
        Reason.CONFIDENT -> R.string.reason_confident
        Reason.NOT_CONFIDENT -> R.string.reason_not_confident
        Reason.LOCAL_FAILED -> R.string.reason_local_failed
        Reason.CLOUD_FAILED -> R.string.reason_cloud_failed
        Reason.DECLINED -> R.string.reason_declined
        Reason.OFFLINE -> R.string.reason_offline
        Reason.OVER_BUDGET -> R.string.reason_over_budget
        Reason.HOT -> R.string.reason_hot
        Reason.LOW_BATTERY -> R.string.reason_low_battery
        Reason.LOW_MEMORY -> R.string.reason_low_memory
        Reason.QUALITY_LEVEL -> if (isHere) R.string.reason_quality_device else R.string.reason_quality_cloud
    }
}

/** What moved the threshold, in words. */
@StringRes
internal fun words(weight: Weight): Int = when (weight) {
    Weight.QUALITY_LEVEL -> R.string.weight_quality_level
    Weight.CALL -> R.string.weight_call
    Weight.METERED -> R.string.weight_metered
    Weight.LOW_BATTERY -> R.string.weight_low_battery
    Weight.HEAT -> R.string.weight_heat
}

/** Who speaks, in words. */
@StringRes
internal fun words(role: Role): Int = when (role) {
    Role.SYSTEM -> R.string.speaker_system
    Role.USER -> R.string.speaker_user
    Role.ASSISTANT -> R.string.speaker_upcall
}

/** A kind of private text, in words, in the plural. */
@StringRes
fun entityName(type: EntityType): Int = when (type) {
    EntityType.EMAIL -> R.string.entity_email
    EntityType.PHONE -> R.string.entity_phone
    EntityType.CREDIT_CARD -> R.string.entity_credit_card
    EntityType.IBAN -> R.string.entity_iban
    EntityType.US_SSN -> R.string.entity_us_ssn
    EntityType.IP_ADDRESS -> R.string.entity_ip_address
    EntityType.SECRET -> R.string.entity_secret
    EntityType.CUSTOM -> R.string.entity_custom
    EntityType.US_ITIN -> R.string.entity_us_itin
    EntityType.US_EIN -> R.string.entity_us_ein
    EntityType.US_ABA -> R.string.entity_us_aba
    EntityType.BANK_ACCOUNT -> R.string.entity_bank_account
    EntityType.NATIONAL_ID -> R.string.entity_national_id
    EntityType.PASSPORT -> R.string.entity_passport
    EntityType.DRIVER_LICENCE -> R.string.entity_driver_licence
    EntityType.MEDICAL_ID -> R.string.entity_medical_id
    EntityType.CRYPTO -> R.string.entity_crypto
    EntityType.MAC_ADDRESS -> R.string.entity_mac_address
    EntityType.DATE_OF_BIRTH -> R.string.entity_date_of_birth
    EntityType.AGE -> R.string.entity_age
    EntityType.PERSON -> R.string.entity_person
    EntityType.ADDRESS -> R.string.entity_address
    EntityType.ORG -> R.string.entity_org
    EntityType.LOCATION -> R.string.entity_location
}
