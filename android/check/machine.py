"""What the check needs of the machine: one Java development kit and Maven."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from android.check.errors import CheckError

OLDEST_JDK = 17


@dataclass(frozen=True, slots=True)
class Java:
    """A Java development kit.

    Args:
        java: command of the virtual machine.
        javac: command of the compiler.
        version: as the virtual machine tells it, for example ``17.0.15``.
    """

    java: str
    javac: str
    version: str

    @property
    def home(self) -> Path:
        """The kit's folder."""
        return Path(self.javac).resolve().parents[1]


def find_java() -> Java:
    """The kit of JAVA_HOME or, without one, of PATH; raises CheckError where there is none or it is too old."""
    home = os.environ.get("JAVA_HOME")
    java, javac = (str(Path(home, "bin", name)) if home else shutil.which(name) for name in ("java", "javac"))
    if not (java and javac and Path(java).exists() and Path(javac).exists()):
        where = f"JAVA_HOME={home}" if home else "PATH"
        raise CheckError(f"no Java development kit in {where}", f"install a JDK {OLDEST_JDK}, with javac")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "((\d+)[^"]*)"', told)
    if not version or int(version[2]) < OLDEST_JDK:
        raise CheckError(f"{java} is {version[1] if version else 'no Java'}", f"install a JDK {OLDEST_JDK} or later")
    return Java(java, javac, version[1])


def require_maven() -> None:
    """Raise CheckError where there is no Maven."""
    if not shutil.which("mvn"):
        raise CheckError("no Maven in PATH: `mvn` fetches what the check runs", "install Maven 3.8 or later")
