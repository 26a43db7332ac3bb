"""The built-in server in one file: ``python3 lab_bundle.py FOLDER`` makes ``httpd.py`` and ``httpd.bin``.

An interpreter that imports three hundred modules makes thousands of system calls before the server begins.
In the bundle all their code is read at once, so that a recorded trace starts where the server does. The
modules keep the names and the files that they have.
"""

import importlib
import marshal
import pkgutil
import sys
from pathlib import Path
from types import CodeType

START = '''\
"""The lab's server: starts its modules from one file."""
import marshal, sys

with open(sys.argv[0].replace(".py", ".bin"), "rb", buffering=0) as file:
    MODULES = marshal.loads(file.read())

class Bundle:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in MODULES:
            return None
        file, is_package, code = MODULES[name]
        return type(sys.__spec__)(name, Bundle(), origin=file, is_package=is_package)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        file, is_package, code = MODULES[module.__name__]
        module.__file__ = file
        if is_package:
            module.__path__ = [file.rpartition("/")[0]]
        exec(code, module.__dict__)

sys.meta_path.insert(0, Bundle())
sys.argv[0] = "server"
import server.__main__
sys.exit(server.__main__.main())
'''


def code_of(name: str) -> tuple[str, bool, CodeType] | None:
    """Return the file of a module, whether it is a package, and its code; None if it is no Python source."""
    spec = getattr(sys.modules[name], "__spec__", None)
    if spec is None or spec.loader is None or not (spec.origin or "").endswith(".py"):
        return None
    code = spec.loader.get_code(name)
    return (str(spec.origin), spec.submodule_search_locations is not None, code) if code else None


def bundle(folder: Path) -> None:
    """Write the bundle of the server that lies in a folder, and of all that it imports."""
    package = importlib.import_module("server")
    for one in pkgutil.walk_packages(package.__path__, "server."):
        importlib.import_module(one.name)
    found = {name: code for name in sorted(sys.modules) if name != "__main__" and (code := code_of(name))}
    (folder / "httpd.bin").write_bytes(marshal.dumps(found))
    (folder / "httpd.py").write_text(START)


if __name__ == "__main__":
    bundle(Path(sys.argv[1]))
