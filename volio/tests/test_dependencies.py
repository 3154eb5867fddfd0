"""What is imported is declared, and what not every system has is only used where it is there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from volio.tests.source_tree import PACKAGE, modules, nodes, source, tree

PROJECT = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]

#: Modules that have another name than their package.
PACKAGES = {
    "PIL": "pillow",
    "PySide6": "pyside6-essentials",
    "backports": "backports.zstd",
    "trx": "trx-python",
    "nibabelpy": "nibabel",
}
#: Modules of no package: of Python 3.14, and of type checkers.
OF_NONE = {"_typeshed", "compression"}
#: Modules that are only used where the user has imported them.
THE_USERS = {"IPython": "volio.progress", "pytest": "volio.compat.nibabel.testing"}


class Import(NamedTuple):
    """A module of another package that a module of this one imports."""

    module: str
    name: str
    extra: str | None
    line: int


def own_modules() -> list[str]:
    return [name for name in modules() if not f"{name}.".startswith("volio.testing.")]


@cache
def imports(module: str) -> list[Import]:
    """Imports from elsewhere: statements, and calls of `need` and `import_module`."""
    found = []
    for node in nodes(module):
        extra = None
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and called(node) in ("need", "import_module"):
            texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
            names = [str(text) for text in texts[:1]]
            extra = str(texts[1]) if called(node) == "need" and len(texts) > 1 else None
        else:
            continue
        for name in names:
            first = name.partition(".")[0]
            if first and first not in (*sys.stdlib_module_names, PACKAGE.name, *OF_NONE):
                found.append(Import(module, first, extra, node.lineno))
    return found


def called(node: ast.Call) -> str:
    function = node.func
    return getattr(function, "id", "") or getattr(function, "attr", "")


def distributions(requirements: list[str]) -> set[str]:
    names = [re.match(r"[\w.-]+", each) for each in requirements]
    return {name[0].lower() for name in names if name}


def distribution(module: str) -> str:
    return PACKAGES.get(module, module).lower()


def test_every_import_is_declared():
    declared = distributions(PROJECT["dependencies"])
    for requirements in EXTRAS.values():
        declared |= distributions(requirements)
    found = [each for module in own_modules() for each in imports(module)]
    missing = [
        each
        for each in found
        if distribution(each.name) not in declared and THE_USERS.get(each.name) != each.module
    ]
    assert missing == []
    assert len({each.name for each in found}) > 15


def test_extras_that_errors_name_install_what_was_missing():
    named = [each for module in own_modules() for each in imports(module) if each.extra is not None]
    wrong = [
        each
        for each in named
        if distribution(each.name) not in distributions(EXTRAS.get(each.extra or "", []))
    ]
    assert wrong == []
    assert len(named) > 10


def is_guarded_import(module: str, line: int) -> bool:
    """Whether a statement is inside ``try``, or for type checkers only."""
    for node in nodes(module):
        inside = getattr(node, "lineno", 0) < line <= (getattr(node, "end_lineno", 0) or 0)
        if inside and isinstance(node, ast.Try):
            return True
        if inside and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return True
    return False


def test_what_an_extra_installs_is_imported_with_a_hint():
    always = distributions(PROJECT["dependencies"])
    bare = []
    for module in own_modules():
        text = source(module).splitlines()
        for each in imports(module):
            is_statement = re.match(r"\s*(import|from)\s", text[each.line - 1])
            if not is_statement or distribution(each.name) in always or each.name in THE_USERS:
                continue
            if not is_guarded_import(module, each.line):
                bare.append(each)
    assert bare == []


# What not every system has


#: Names of modules of Python that only some systems have.
POSIX_NAMES = """
os: chown chroot fchdir fchmod fchown fdatasync fork forkpty fpathconf fstatvfs getegid geteuid
os: getgid getgroups getloadavg getpgid getpgrp getpriority getresuid getuid initgroups killpg
os: lchmod lchown
os: link lockf major memfd_create minor mkfifo mknod nice openpty pathconf posix_fadvise
os: posix_fallocate posix_spawn pread preadv pwrite pwritev readv register_at_fork
os: sched_getaffinity sched_setaffinity sched_yield sendfile setegid seteuid setgid setpgid
os: setpriority setsid setuid splice statvfs sync sysconf tcgetpgrp ttyname uname wait wait3 wait4
os: waitid writev WNOHANG O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_CLOEXEC O_SYNC EX_OK
signal: SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 SIGUSR2
signal: SIGWINCH ITIMER_REAL alarm pause pthread_kill pthread_sigmask setitimer siginterrupt
signal: sigpending sigwait sigwaitinfo
mmap: MAP_ANONYMOUS MAP_PRIVATE MAP_SHARED MADV_SEQUENTIAL MADV_WILLNEED PROT_READ
select: epoll kqueue poll
socket: AF_UNIX SO_REUSEPORT CMSG_LEN send_fds recv_fds
time: clock_gettime tzset pthread_getcpuclockid
"""
POSIX_ONLY: dict[str, list[str]] = {}
for _line in POSIX_NAMES.strip().splitlines():
    _module, _, _names = _line.partition(": ")
    POSIX_ONLY.setdefault(_module, []).extend(_names.split())
POSIX_MODULES = (
    *("crypt", "curses", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource"),
    *("syslog", "termios", "tty"),
)


def enclosing(module: str, line: int) -> str:
    """The text of the innermost function around a line, or of the module."""
    found: ast.AST = tree(module)
    for node in ast.walk(found):
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0):
            found = node
    return ast.unparse(found)


def posix_uses(module: str) -> Iterator[tuple[str, str, int]]:
    for node in nodes(module):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in POSIX_ONLY.get(node.value.id, ()):
                yield node.value.id, node.attr, node.lineno
        elif isinstance(node, ast.ImportFrom):
            for each in node.names:
                if each.name in POSIX_ONLY.get(node.module or "", ()):
                    yield node.module or "", each.name, node.lineno


def test_names_that_some_systems_lack_are_asked_for_first():
    uses = [(asking, *use) for asking in own_modules() for use in posix_uses(asking)]
    bare = [
        f"{asking}:{line}: {module}.{name}"
        for asking, module, name, line in uses
        if f"hasattr({module}, '{name}')" not in enclosing(asking, line)
    ]
    assert bare == []
    assert len(uses) > 8


def test_modules_that_some_systems_lack_may_be_missing():
    bare = []
    for module in own_modules():
        for node in nodes(module):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if set(names) & set(POSIX_MODULES) and not is_guarded_import(module, node.lineno):
                bare.append(f"{module}:{node.lineno}: {names}")
    assert bare == []


# Everything that Python itself and numpy do with these names is done by then.
WITHOUT = """
import sys, os, signal, mmap, select, socket, time
import concurrent.futures, multiprocessing, subprocess, tempfile, shutil, asyncio
import numpy as np
for module, names in {names!r}.items():
    for name in names:
        if hasattr(sys.modules[module], name):
            delattr(sys.modules[module], name)
for name in {modules!r}:
    sys.modules[name] = None
if hasattr(shutil, "_rmtree_impl"):  # Python 3.14 has chosen by now how folders are removed
    shutil._rmtree_impl = shutil._rmtree_unsafe
import volio
from volio.cli import main
voxels = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
volume = volio.Nifti1Image(voxels, np.diag([2.0, 2, 2, 1]))
for name in {volumes!r}:
    for _ in range(2):  # a new file, then in place of the old one
        volio.save(volume, name)
    with volio.options(keep_file_open=True):
        found = volio.load(name)
        assert np.array_equal(np.asarray(found.dataobj).reshape(3, 4, 5), voxels), name
        assert found.dataobj[1, 2, 3].reshape(()) == voxels[1, 2, 3], name
        assert found.get_fdata(dtype=np.float32).sum() == voxels.sum(), name
surface = volio.Surface(np.eye(3, dtype=np.float32), [[0, 1, 2]])
for name in ("a.gii", "lh.white", "a.ply"):
    volio.save(surface, name)
    assert volio.load(name).vertices.shape == (3, 3), name
tracts = volio.Tractogram(np.eye(3, dtype=np.float32), [3])
for name in ("a.tck", "a.trx"):
    volio.save(tracts, name)
    assert len(volio.load(name).streamlines) == 1, name
assert main(["convert", "-o", "out", "--ext", ".mgz", "a.nii", "--force"]) == 0
assert main(["ls", "a.nii", "a.mgz"]) == 0
assert not [name for name in os.listdir() if ".part" in name]
"""
VOLUMES = ["a.nii", "a.nii.gz", "a.hdr", "a.mgz", "a.mnc", "a1.mnc", "a.nrrd", "a.mha", "a.mif"]
VOLUMES += ["a.ome.zarr", "a.nii.zst", "a.tif", "a+orig.HEAD"]


@pytest.mark.requires("h5py")
def test_reading_and_writing_without_what_some_systems_lack(tmp_path: Path):
    script = WITHOUT.format(names=POSIX_ONLY, modules=POSIX_MODULES, volumes=VOLUMES)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_oldest_versions_that_are_tested_are_those_that_are_allowed():
    least = {}
    for requirement in [
        *PROJECT["dependencies"],
        *(each for extra in EXTRAS.values() for each in extra),
    ]:
        if found := re.match(r"([\w.-]+)(?:\[\w+\])?>=([\d.]+)", requirement):
            least.setdefault(found[1], found[2])
    pinned = re.findall(
        r"^([\w.-]+)==([\d.]+)$", (PACKAGE.parent / "tools" / "oldest.txt").read_text(), re.M
    )
    assert {"numpy", "scipy", "matplotlib", "pillow"} <= {name for name, _ in pinned}
    # A later correction of the least version is as good.
    assert [
        name for name, version in pinned if not f"{version}.".startswith(f"{least[name]}.")
    ] == []
