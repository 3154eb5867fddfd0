"""Write one page per format, and their list, from the table of formats."""

from __future__ import annotations

from inspect import isfunction
from pathlib import Path

from volio.formats.format import FileLayout, Format
from volio.formats.table import FORMATS

LIST = """\
Formats
=======

Made from the table in ``volio/formats/table.py``; ``volio formats`` prints it. Every format is
read and written compressed too, where that makes sense, with a second ending: ``.gz``, ``.bz2``,
``.xz`` or ``.zst``. *Lazy*: voxels are read when they are asked for. *Remote*: http and https
addresses can be loaded and, with the extra ``remote``, those of fsspec; the other files of an
image are looked for next to the one that is named.

.. list-table::
   :header-rows: 1

   * - name
     - what
     - kind
     - endings
     - reads
     - writes
     - lazy
     - remote
{rows}

.. toctree::
   :hidden:

{names}
"""

ROW = """\
   * - :doc:`{name}`
     - {title}
     - {kind}
     - {endings}
     - yes
     - {write}
     - {lazy}
     - {remote}
"""

PAGE = """\
{name}
{line}

:What: {title}
:Kind: {kind}
:Endings: {endings}
:Images: {images}
:Reads: yes
:Writes: {write}
:Lazy: {lazy}
:Remote: {remote}
:Needs: {needs}

.. automodule:: {module}
   :no-members:

{members}
"""


def write_pages(folder: Path) -> None:
    """Write the pages into a folder; pages whose text is the same are not touched."""
    folder.mkdir(exist_ok=True)
    rows = [facts(row) for row in FORMATS]
    names = "\n".join(f"   {row['name']}" for row in rows)
    table = "".join(ROW.format(**row) for row in rows)
    pages = {f"{row['name']}.rst": page(row) for row in rows}
    pages["index.rst"] = LIST.format(rows=table, names=names)
    for stale in set(folder.glob("*.rst")) - {folder / name for name in pages}:
        stale.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def write_class_table(path: Path) -> None:
    """Write the table of image classes into a file that a page includes."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(class_table(), encoding="utf-8")


def class_table() -> str:
    """Return the public classes of every format, a row for each: of images, then of headers."""
    lines = [
        ".. list-table::",
        "   :header-rows: 1",
        "",
        "   * - format",
        "     - kind",
        "     - classes",
    ]
    for row in FORMATS:
        names = ", ".join(f"``volio.{name}``" for name in (*row.images, *row.headers))
        lines += [f"   * - :doc:`/formats/{row.name}`", f"     - {row.kind}", f"     - {names}"]
    return "\n".join(lines) + "\n"


def facts(row: Format) -> dict[str, str]:
    """Return what a row of the table says, as text."""
    return {
        "name": row.name,
        "title": row.title,
        "kind": row.kind,
        "endings": ", ".join(f"``{ending}``" for ending in row.endings if ending) or "none",
        "images": "; ".join(files_of(layout) for layout in row.layouts),
        "write": "yes" if row.write else "no",
        "lazy": "yes" if row.lazy else "no",
        "remote": "yes" if row.remote else "no",
        "needs": f"``pip install 'volio[{row.extra}]'``" if row.extra else "nothing more",
        "module": row.module.__name__,
        "members": "\n".join(members(row)),
    }


def files_of(layout: FileLayout) -> str:
    """Return a class of images and the endings of its files, if they have any."""
    endings = " and ".join(f"``{ending}``" for ending in layout.files if ending)
    return f"``{layout.image}`` in {endings}" if endings else f"``{layout.image}``"


def is_of_another(value: object, row: Format) -> bool:
    """Return whether a name of a format's module is that of another format, which shows it."""
    home = f"{getattr(value, '__module__', '')}."
    others = (other.module_path for other in FORMATS if other is not row)
    return any(home.startswith(f"{other}.") for other in others)


def members(row: Format) -> list[str]:
    """Return what shows the names of a format's module: images, their headers, then the others."""
    classes = [row.image_class(layout) for layout in row.layouts]
    first = [*classes, *(each.header_class for each in classes)]
    names = dict.fromkeys(each.__name__ for each in first if each.__name__ in row.module.__all__)
    names |= dict.fromkeys(row.module.__all__)
    own = [name for name in names if not is_of_another(getattr(row.module, name), row)]
    kinds = {name: kind(getattr(row.module, name)) for name in own}
    return [f".. auto{kinds[name]}:: {row.module.__name__}.{name}" for name in own if kinds[name]]


def kind(value: object) -> str:
    """Return what a value is, in the words of Sphinx; "" for tables and numbers."""
    return "class" if isinstance(value, type) else "function" if isfunction(value) else ""


def page(row: dict[str, str]) -> str:
    """Return the page of one format: its row, then its module."""
    return PAGE.format(**row, line="=" * len(row["name"]))
