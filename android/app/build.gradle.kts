plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.compose)
    alias(libs.plugins.kotlin.serialization)
    alias(libs.plugins.ksp)
}

android {
    namespace = "dev.upcall.app"
    compileSdk = 37

    defaultConfig {
        applicationId = "dev.upcall.app"
        minSdk = 26
        targetSdk = 36
        versionCode = 1
        versionName = "0.1.0"
        ndk {
            abiFilters += listOf("arm64-v8a", "x86_64")
        }
    }

    androidResources {
        // The app speaks no other language; texts of libraries in 80 of them would be a tenth of it.
        localeFilters += listOf("en")
    }

    buildFeatures {
        compose = true
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "proguard-rules.pro")
        }
    }

    testOptions {
        unitTests {
            isIncludeAndroidResources = true
            all {
                it.maxHeapSize = "2g"
                it.systemProperty("roborazzi.compare.output.dir", "../build/screenshots")
                it.systemProperty("roborazzi.test.verify", "true")
            }
        }
    }
}

kotlin {
    jvmToolchain(17)
    compilerOptions {
        allWarningsAsErrors = true
    }
}

ksp {
    arg("room.schemaLocation", "$projectDir/schemas")
}

dependencies {
    implementation(project(":core"))
    implementation(project(":cloud"))
    // The jar of the JVM has no libraries for Android.
    implementation(project(":engine-onnx")) {
        exclude(group = "com.microsoft.onnxruntime", module = "onnxruntime")
    }
    implementation(project(":engine-executorch"))
    implementation(libs.onnxruntime.android)
    implementation(libs.executorch.android)
    // ExecuTorch's library needs libfbjni.so and libc++_shared.so.
    implementation(libs.fbjni)
    implementation(libs.coroutines.android)
    implementation(libs.serialization.json)

    implementation(platform(libs.compose.bom))
    implementation(libs.compose.material3)
    implementation(libs.compose.ui)
    implementation(libs.activity.compose)
    implementation(libs.core.ktx)
    implementation(libs.lifecycle.runtime.compose)
    implementation(libs.lifecycle.viewmodel.compose)
    implementation(libs.navigation.compose)

    implementation(libs.datastore.preferences)
    implementation(libs.room.ktx)
    implementation(libs.room.runtime)
    ksp(libs.room.compiler)

    debugImplementation(libs.compose.ui.test.manifest)
    testImplementation(testFixtures(project(":cloud")))
    testImplementation(testFixtures(project(":core")))
    testImplementation(libs.androidx.test.core)
    testImplementation(libs.androidx.test.junit)
    testImplementation(libs.compose.ui.test.junit4)
    testImplementation(libs.coroutines.test)
    testImplementation(libs.junit4)
    testImplementation(libs.kotlin.test.junit4)
    testImplementation(libs.onnxruntime)
    testImplementation(libs.robolectric)
    testImplementation(libs.roborazzi)
    testImplementation(libs.roborazzi.compose)
}
