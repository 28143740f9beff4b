plugins {
    alias(libs.plugins.kotlin.jvm)
}

apply(from = "../gradle/classes-of-aar.gradle.kts")

kotlin {
    jvmToolchain(17)
    explicitApi()
    compilerOptions {
        allWarningsAsErrors = true
    }
}

dependencies {
    api(project(":core"))
    // An app brings it itself, with its native library. Its licence is BSD-3-Clause.
    compileOnly(libs.executorch.android)
    testImplementation(libs.kotlin.test)
    testImplementation(libs.junit.jupiter)
    testRuntimeOnly(libs.junit.launcher)
}

tasks.test {
    useJUnitPlatform()
}
