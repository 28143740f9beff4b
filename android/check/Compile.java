import java.nio.file.Files;
import java.nio.file.Path;
import org.jetbrains.kotlin.cli.common.ExitCode;
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler;

/** Runs the Kotlin compiler once for each file of arguments, one a line, in one virtual machine, which grows faster as it goes. */
public final class Compile {
    public static void main(String[] files) throws Exception {
        for (String file : files) {
            String[] arguments = Files.readAllLines(Path.of(file)).toArray(new String[0]);
            ExitCode code = new K2JVMCompiler().exec(System.err, arguments);
            if (code != ExitCode.OK) {
                System.exit(code.getCode());
            }
            System.out.println(file);
        }
    }
}
