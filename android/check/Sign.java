import com.android.apksig.ApkSigner;
import com.android.apksig.ApkVerifier;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/** Signs an APK by the schemes 2 and 3, its parts aligned, and verifies the result as a phone would. */
public final class Sign {
    public static void main(String[] arguments) throws Exception {
        File unsigned = new File(arguments[0]);
        File signed = new File(arguments[1]);
        char[] password = arguments[3].toCharArray();
        int minSdk = Integer.parseInt(arguments[5]);
        int pageBytes = Integer.parseInt(arguments[6]);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream input = new FileInputStream(arguments[2])) {
            keys.load(input, password);
        }
        PrivateKey key = (PrivateKey) keys.getKey(arguments[4], password);
        X509Certificate certificate = (X509Certificate) keys.getCertificate(arguments[4]);
        ApkSigner.SignerConfig signer =
                new ApkSigner.SignerConfig.Builder("UPCALL", key, List.of(certificate)).build();
        new ApkSigner.Builder(List.of(signer))
                .setInputApk(unsigned)
                .setOutputApk(signed)
                .setMinSdkVersion(minSdk)
                .setV1SigningEnabled(false)
                .setV2SigningEnabled(true)
                .setV3SigningEnabled(true)
                .setV4SigningEnabled(false)
                .setAlignFileSize(true)
                .setAlignmentPreserved(false)
                .setLibraryPageAlignmentBytes(pageBytes)
                .build()
                .sign();
        verify(signed, minSdk);
    }

    private static void verify(File signed, int minSdk) throws Exception {
        ApkVerifier.Result found =
                new ApkVerifier.Builder(signed).setMinCheckedPlatformVersion(minSdk).build().verify();
        found.getErrors().forEach(System.out::println);
        if (!found.isVerified() || !found.isVerifiedUsingV2Scheme() || !found.isVerifiedUsingV3Scheme()) {
            System.out.println("the signature does not hold");
            System.exit(1);
        }
    }
}
