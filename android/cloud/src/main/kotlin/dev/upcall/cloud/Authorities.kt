package dev.upcall.cloud

import java.nio.file.Files
import java.nio.file.Path
import java.security.KeyStore
import java.security.cert.CertificateException
import java.security.cert.CertificateFactory
import javax.net.ssl.TrustManager
import javax.net.ssl.TrustManagerFactory

/**
 * Trusts what the certificates of a PEM file have signed, and nothing else.
 *
 * @throws java.io.IOException the file cannot be read.
 * @throws java.security.GeneralSecurityException it holds no certificate, or something else too.
 */
internal fun trusting(file: Path): Array<TrustManager> {
    val certificates =
        Files
            .newInputStream(
                file,
            ).use { CertificateFactory.getInstance("X.509").generateCertificates(it) }
    if (certificates.isEmpty()) throw CertificateException("no certificate")
    val store = KeyStore.getInstance(KeyStore.getDefaultType())
    store.load(null, null)
    certificates.forEachIndexed { index, certificate -> store.setCertificateEntry("$index", certificate) }
    val factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm())
    factory.init(store)
    return factory.trustManagers
}
