plugins {
    alias(libs.plugins.kotlin.jvm)
    application
}

kotlin {
    jvmToolchain(17)
    explicitApi()
    compilerOptions {
        allWarningsAsErrors = true
    }
}

dependencies {
    implementation(project(":core"))
    implementation(project(":engine-onnx"))
    implementation(project(":cloud"))
    implementation(libs.coroutines.core)
    implementation(libs.clikt)
    testImplementation(libs.kotlin.test)
    testImplementation(libs.serialization.json)
    testImplementation(libs.junit.jupiter)
    testRuntimeOnly(libs.junit.launcher)
}

application {
    mainClass = "dev.upcall.sample.MainKt"
}

tasks.test {
    useJUnitPlatform()
}
