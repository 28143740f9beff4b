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
    implementation(libs.onnxruntime)
    implementation(libs.serialization.json)
}

application {
    mainClass = "dev.upcall.bench.MainKt"
}
