import java.util.zip.ZipFile

// A module of the JVM cannot compile against an AAR: this takes the classes out of it. Android's plugin would do so itself.
abstract class ClassesOfAar : TransformAction<TransformParameters.None> {
    @get:InputArtifact
    abstract val archive: Provider<FileSystemLocation>

    override fun transform(outputs: TransformOutputs) {
        val aar = archive.get().asFile
        ZipFile(aar).use { zip ->
            zip.getInputStream(zip.getEntry("classes.jar")).use { classes ->
                outputs.file("${aar.nameWithoutExtension}.jar").outputStream().use { classes.copyTo(it) }
            }
        }
    }
}

val artifactType = Attribute.of("artifactType", String::class.java)

dependencies.registerTransform(ClassesOfAar::class.java) {
    from.attribute(artifactType, "aar")
    to.attribute(artifactType, "jar")
}

configurations.named("compileClasspath") {
    attributes.attribute(artifactType, "jar")
}
