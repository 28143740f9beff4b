package dev.upcall.app.settings

import android.util.AtomicFile
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException

/** A small file that is replaced in one step: a process that dies leaves the old one. */
internal class SealedFile(file: File) {
    private val atomic = AtomicFile(file)

    /** Null where there is none. */
    fun read(): ByteArray? = try {
        atomic.readFully()
    } catch (_: FileNotFoundException) {
        null
    }

    fun write(bytes: ByteArray) {
        val stream = atomic.startWrite()
        try {
            stream.write(bytes)
            atomic.finishWrite(stream)
        } catch (error: IOException) {
            atomic.failWrite(stream)
            throw error
        }
    }

    fun delete(): Unit = atomic.delete()
}
