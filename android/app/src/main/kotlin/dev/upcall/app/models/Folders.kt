package dev.upcall.app.models

import java.nio.file.Files
import java.nio.file.LinkOption
import java.nio.file.Path

/** Folders in a folder whose names may be those of models, in order; none where it does not exist. */
internal fun foldersIn(folder: Path): List<Path> {
    if (!Files.isDirectory(folder)) return emptyList()
    return Files.list(folder).use { all ->
        all
            .filter { Files.isDirectory(it, LinkOption.NOFOLLOW_LINKS) && isModelName(it.fileName.toString()) }
            .sorted()
            .toArray()
            .map { it as Path }
    }
}

/** Bytes of all files in a folder; 0 where it does not exist. */
internal fun bytesIn(folder: Path): Long {
    if (!Files.isDirectory(folder)) return 0
    return Files.walk(folder).use { all -> all.filter(Files::isRegularFile).mapToLong(Files::size).sum() }
}

/** Deletes a folder and all within; follows no links. */
internal fun deleteTree(folder: Path) {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) return
    Files.walk(folder).use { all -> all.sorted(Comparator.reverseOrder()).forEach(Files::delete) }
}

/** Changes when a file in a folder comes, goes or is written to, as far as sizes and times tell. */
internal fun fingerprint(folder: Path): String = Files.walk(folder).use { all ->
    all
        .filter(Files::isRegularFile)
        .sorted()
        .map { "${folder.relativize(it)} ${Files.size(it)} ${Files.getLastModifiedTime(it).toMillis()}" }
        .toArray()
        .joinToString("\n")
}
