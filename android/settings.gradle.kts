pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositories {
        google()
        mavenCentral()
    }
}

rootProject.name = "upcall"

include(":core")
include(":engine-onnx")
include(":engine-executorch")
include(":cloud")
include(":sample-cli")
include(":bench")
include(":app")
