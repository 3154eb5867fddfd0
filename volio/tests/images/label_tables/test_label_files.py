"""Files of labels: by hand from their definitions, and what they cannot hold."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio import Label, Labels
from volio.errors import HeaderDataError, LossWarning, SaveError, UsageError, VolioError

CTAB = b"""\
#$Id: FreeSurferColorLUT.txt $

#No. Label Name:                            R   G   B   A
0   Unknown                                 0   0   0   0
 17  Left-Hippocampus                    220 216  20   0  1

-3  Odd   1 2 3 55
17  Again                                   9   9   9   0
"""

DSEG = (
    "index\tname\tabbreviation\tcolor\tmapping\n"
    "1\tGrey Matter\tGM\t#ff53bb\t1\r\n"
    "2\tWhite Matter\tn/a\tn/a\tn/a\n"
    "9\t∂\tX\t#01020304\t7\n"
).encode()

ATLAS = b"""<?xml version="1.0" encoding="ISO-8859-1"?>
<atlas version="1.0">
  <header><name>Two</name><type>Probabilistic</type>
    <images><imagefile>/Two/prob</imagefile><summaryimagefile>/Two/max</summaryimagefile></images>
  </header>
<!-- places -->
<data>
<label index="0" x="48" y="94" z="35">Frontal Pole</label>
<label index="1" x="25" y="70" z="32">Insular &amp; Cortex</label>
</data>
</atlas>
"""

ITKSNAP = b"""\
################################################
# ITK-SnAP Label Description File
    0     0    0    0        0  0  0    "Clear Label"
    3   255  128    0     0.25  1  0    "a \xc3\xa9 # label"
"""


def test_a_table_of_freesurfer():
    labels = Labels.from_ctab(io.BytesIO(CTAB))
    assert labels.keys == (0, 17, -3, 17)
    # The last number is transparency: 0 is opaque.
    assert labels[17] == Label(17, "Left-Hippocampus", (220, 216, 20, 255))
    assert labels[-3].colour == (1, 2, 3, 200)
    assert labels.repeated_keys() == [17]
    assert labels.repeated_names() == []


def test_a_table_of_bids(tmp_path: Path):
    path = tmp_path / "sub-01_dseg.tsv"
    path.write_bytes(b"\xef\xbb\xbf" + DSEG)  # some programs write a byte order mark
    labels = Labels.from_dseg_tsv(path)
    assert labels.keys == (1, 2, 9)
    assert labels[1].colour == (255, 0x53, 0xBB, 255)
    assert labels[1].further == {"abbreviation": "GM", "mapping": "1"}
    assert labels[2] == Label(2, "White Matter", None, {})
    assert (labels[9].name, labels[9].colour) == ("∂", (1, 2, 3, 4))
    labels.to_dseg_tsv(path)
    assert path.read_text(encoding="utf-8").splitlines() == [
        "index\tname\tcolor\tabbreviation\tmapping",
        "1\tGrey Matter\t#FF53BB\tGM\t1",
        "2\tWhite Matter\tn/a\tn/a\tn/a",
        "9\t∂\t#01020304\tX\t7",
    ]


def test_what_a_file_of_labels_loses_is_told(tmp_path: Path):
    red = Label(1, "a", (255, 0, 0, 255), {"abbreviation": "A", "x": "7"})
    clear = Label(0, "none", (0, 0, 0, 0))
    told = r"^a\.xml: has no place for the colours, the columns abbreviation of labels$"
    with pytest.warns(LossWarning, match=told):
        Labels([clear, red]).to_fsl_xml(tmp_path / "a.xml")
    assert Labels.from_fsl_xml(tmp_path / "a.xml")[1].further["x"] == "7"
    with pytest.warns(LossWarning, match=r"^a.ctab: has no place for the columns abbreviation, x"):
        Labels([red]).to_ctab(tmp_path / "a.ctab")
    with pytest.warns(LossWarning, match=r"no place for the columns abbreviation, x of labels$"):
        Labels([red]).to_itksnap(tmp_path / "a.txt")
    with pytest.warns(LossWarning, match=r"no place for the names of key 7 of labels$"):
        Labels([Label(7, " b ")]).to_fsl_xml(tmp_path / "b.xml")
    Labels([clear, red]).to_dseg_tsv(tmp_path / "a_dseg.tsv")  # warnings are errors
    assert Labels.from_dseg_tsv(tmp_path / "a_dseg.tsv")[1] == red


def test_an_index_and_a_colour_of_fsl_come_back(tmp_path: Path):
    stated = ATLAS.replace(b'index="1"', b'index="1" value="40" color="red"')
    labels = Labels.from_fsl_xml(io.BytesIO(stated))
    labels.to_fsl_xml(tmp_path / "two.xml")
    assert Labels.from_fsl_xml(tmp_path / "two.xml")[40] == labels[40]
    assert labels[40].further["color"] == "red"


def test_an_atlas_of_fsl(tmp_path: Path):
    # Volumes of the atlas count from 0; its summary has 0 for no region.
    labels = Labels.from_fsl_xml(io.BytesIO(ATLAS))
    assert labels.keys == (0, 1)
    assert labels.names == ("Frontal Pole", "Insular & Cortex")
    assert labels[1].further == {"x": "25", "y": "70", "z": "32"}
    assert Labels.from_fsl_xml(io.BytesIO(ATLAS), summary=True).keys == (1, 2)
    stated = ATLAS.replace(b'index="1"', b'index="1" value="40"')
    assert Labels.from_fsl_xml(io.BytesIO(stated), summary=True).keys == (1, 40)
    whole = ATLAS.replace(b"Probabilistic", b"Label")
    assert Labels.from_fsl_xml(io.BytesIO(whole)).keys == (0, 1)
    with pytest.raises(HeaderDataError, match="type: 'label' atlases have no summary"):
        Labels.from_fsl_xml(io.BytesIO(whole), summary=True)
    labels.to_fsl_xml(tmp_path / "two.xml", name="Two")
    again = Labels.from_fsl_xml(tmp_path / "two.xml")
    assert (again.keys, again.names) == (labels.keys, labels.names)
    text = (tmp_path / "two.xml").read_text()
    assert '<label index="1" value="1" x="25" y="70" z="32">Insular &amp; Cortex</label>' in text


def test_a_description_of_itksnap(tmp_path: Path):
    labels = Labels.from_itksnap(io.BytesIO(ITKSNAP))
    assert labels[0] == Label(0, "Clear Label", (0,) * 4, {"visible": "0", "mesh visible": "0"})
    assert labels[3].name == "a é # label"
    assert labels[3].colour == (255, 128, 0, 64)
    labels.to_itksnap(tmp_path / "a.label.txt")
    assert Labels.from_itksnap(tmp_path / "a.label.txt") == labels


@pytest.mark.parametrize(
    ("read", "text", "told"),
    [
        (Labels.from_ctab, b"1 a 2 3 4", "line 1: a number, a name and four colours are needed"),
        (Labels.from_ctab, b"\nx a 2 3 4 5", "line 2: the number of a label must be an integer"),
        (Labels.from_ctab, b"1 a 2 3 4 5.5", "line 1: transparency must be an integer, got '5.5'"),
        (Labels.from_ctab, b"1 a 2 300 4 0", "label 1 'a': a colour is four numbers from 0 to 255"),
        (Labels.from_ctab, b"1 \0 2 3 4 0", "a table of FreeSurfer: is not text, byte 2 is 0"),
        (Labels.from_dseg_tsv, b"index\tname\tindex\n1\ta\t2", "the column 'index' is there twice"),
        (Labels.from_dseg_tsv, b"", "line 1: must name the columns index and name"),
        (Labels.from_dseg_tsv, b"index\tcolor\n", "line 1: must name the columns index and name"),
        (Labels.from_dseg_tsv, b"index\tname\n1", "line 2: needs 2 columns, got 1"),
        (Labels.from_dseg_tsv, b"index\tname\n1.5\ta", "line 2: index must be an integer"),
        (Labels.from_dseg_tsv, b"index\tname\tcolor\n1\ta\tred", "line 2: color must be as #FF53B"),
        (Labels.from_fsl_xml, b"<gifti/>", "the root element is 'gifti'; an atlas of FSL is"),
        (Labels.from_fsl_xml, b"<atlas/>", "the root element is 'atlas'; an atlas of FSL is"),
        (
            Labels.from_fsl_xml,
            b"<atlas><data><label>a</label></data></atlas>",
            "label 'a': its index is not an integer",
        ),
        (
            Labels.from_fsl_xml,
            b'<!DOCTYPE a [<!ENTITY b "c">]><atlas><data/></atlas>',
            "entities of its own",
        ),
        (Labels.from_itksnap, b'1 2 3 4 1 1 1 "a', "line 1: must be as 1 255 0 0 1 1 1"),
        (Labels.from_itksnap, b'1 2 3 4 1 2 1 "a"', "line 1: must be as 1 255 0 0 1 1 1"),
        (Labels.from_itksnap, b'1 2 3 4 1.5 1 1 "a"', "line 1: opacity must be from 0 to 1"),
    ],
)
def test_what_is_no_table(read, text: bytes, told: str, tmp_path: Path):
    (tmp_path / "labels").write_bytes(text)
    with pytest.raises(HeaderDataError, match=told) as error:
        read(tmp_path / "labels")
    assert str(error.value).startswith(str(tmp_path / "labels"))


@pytest.mark.parametrize(
    ("write", "label", "told"),
    [
        (Labels.to_ctab, Label(1, "a b"), r"label 1: the name 'a b' has ' ' in it; FreeSurfer's"),
        (Labels.to_ctab, Label(1, ""), "label 1: the name '' is empty; FreeSurfer's table cannot"),
        (Labels.to_dseg_tsv, Label(1, "a\tb"), r"has '\\t' in it; a table of BIDS cannot"),
        (Labels.to_itksnap, Label(1, 'a"b'), r"has '\"' in it; a description of ITK-SNAP cannot"),
        (Labels.to_itksnap, Label(-1, "a"), "label -1 'a': ITK-SNAP has keys of 0 and more"),
    ],
)
def test_what_files_cannot_hold(write, label: Label, told: str, tmp_path: Path):
    with pytest.raises(SaveError, match=told):
        write(Labels([label]), tmp_path / "labels")
    assert list(tmp_path.iterdir()) == []


NAMES = st.text("abcÄ-#'.&<>\"", min_size=1, max_size=8)
COLOURS = st.tuples(*[st.integers(0, 255)] * 4)
ROWS = st.lists(st.builds(Label, st.integers(0, 40), NAMES, COLOURS), max_size=6)


@given(ROWS)
def test_labels_come_back(tmp_path_factory, rows: list[Label]):
    labels = Labels(rows)
    folder = tmp_path_factory.mktemp("labels")
    for write, read in (
        (Labels.to_ctab, Labels.from_ctab),
        (Labels.to_dseg_tsv, Labels.from_dseg_tsv),
        (Labels.to_itksnap, Labels.from_itksnap),
        (Labels.to_fsl_xml, Labels.from_fsl_xml),
    ):
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                write(labels, folder / "labels")
        except SaveError:
            # Two formats have characters that end a name.
            held = {Labels.to_ctab: "#", Labels.to_itksnap: '"'}[write]
            assert any(held in row.name for row in rows)
            continue
        found = read(folder / "labels")
        assert (found.keys, found.names) == (labels.keys, labels.names)
        if write != Labels.to_fsl_xml:  # which has no colours
            assert [row.colour for row in found] == [row.colour for row in labels]
        has_lost = write == Labels.to_fsl_xml and any(any(row.colour) for row in labels)
        assert len(told) == has_lost


# Images that have tables.

PARTS = Labels([Label(0, "front", (255, 0, 0, 255)), Label(5, "back", (0, 0, 255, 51))])


def test_tables_of_images(tmp_path: Path):
    surf = volio.Surface(data={"parts": [0, 5, 5]})
    surf.data.set_labels("parts", PARTS)
    assert surf.labels == PARTS
    volio.save(surf, tmp_path / "a.label.gii")
    assert Labels.from_gifti(tmp_path / "a.label.gii") == PARTS
    assert Labels.from_gifti(PARTS.to_gifti()) == PARTS
    assert Labels.from_cifti(PARTS.to_cifti()) == PARTS
    axis = volio.cifti2.LabelAxis(["a", "b"], [{}, {7: ("insula", (1, 0, 0, 1))}])
    assert Labels.from_cifti(axis, 1) == Labels([Label(7, "insula", (255, 0, 0, 255))])
    with pytest.raises(UsageError, match="map: there are 2 maps of labels, got 2"):
        Labels.from_cifti(axis, 2)
    with pytest.raises(UsageError, match="from_gifti: there is no table of labels"):
        Labels.from_gifti(volio.Surface(data={"a": [1]}))
    with pytest.raises(VolioError, match="no such file"):
        Labels.from_annot(tmp_path / "lh.parts.annot")


def test_an_annotation_has_other_numbers_in_its_file(tmp_path: Path):
    surf = volio.Surface(data={"parts": [0, 1, 1]})
    surf.data.set_labels("parts", Labels([PARTS[0], Label(1, "back", (0, 0, 255, 255))]))
    volio.save(surf, tmp_path / "lh.parts.annot")
    labels = Labels.from_annot(tmp_path / "lh.parts.annot")
    assert labels.names == ("front", "back")
    assert labels.source_values == {0: 255, 1: 255 << 16}
    assert PARTS.source_values == {}


def test_colour_maps_of_labels():
    sparse = Labels([Label(-2, "a", (255, 0, 0, 255)), Label(14000, "b", (0, 255, 0, 51)),
                     Label(14001, "c")])  # fmt: skip
    low, high = sparse.colour_limits
    assert (low, high) == (-3.5, 14002.5)
    places = [(key - low) / (high - low) for key in (-2, -1, 13999, 14000, 14001, -5, 20000)]
    found = sparse.colormap().map(places)
    assert found[0].tolist() == [1, 0, 0, 1]
    assert found[1:3].tolist() == [[0] * 4] * 2  # keys in no row
    assert found[3].tolist() == pytest.approx([0, 1, 0, 0.2])
    assert found[4, 3] == 1
    assert found[5:].tolist() == [[0] * 4] * 2  # as the colour of the ends
    assert Labels().colormap().map([0.5]).tolist() == [[0] * 4]


KINDS = {"ctab": "ctab", "dseg_tsv": "tsv", "fsl_xml": "xml", "itksnap": "txt"}
LATIN = {
    "ctab": b"# k\xe4se\n1 caf\xe9\xff 1 2 3 0\n",
    "dseg_tsv": b"index\tname\tnote\xe4\n1\tcaf\xe9\xff\t\xfc\n",
    "itksnap": b'    1     1    2    3         1   1 1    "caf\xe9\xff"\n',
}


@pytest.mark.parametrize("kind", LATIN)
def test_bytes_that_are_not_utf_8_are_written_as_they_were(kind: str, tmp_path: Path):
    labels = getattr(Labels, f"from_{kind}")(io.BytesIO(LATIN[kind]))
    assert labels.names == ("caf\udce9\udcff",)
    assert repr(labels).isprintable()
    getattr(labels, f"to_{kind}")(tmp_path / "a")
    assert b"caf\xe9\xff" in (tmp_path / "a").read_bytes()
    assert getattr(Labels, f"from_{kind}")(tmp_path / "a") == labels


def test_an_atlas_of_fsl_in_the_encoding_that_it_declares(tmp_path: Path):
    latin = ATLAS.replace(b"Frontal", b"Caf\xe9")
    labels = Labels.from_fsl_xml(io.BytesIO(latin))
    assert labels.names[0] == "Café Pole"
    labels.to_fsl_xml(tmp_path / "a.xml")
    assert Labels.from_fsl_xml(tmp_path / "a.xml").names[0] == "Café Pole"
    with pytest.raises(HeaderDataError, match="XML"):
        Labels.from_fsl_xml(io.BytesIO(latin.replace(b"ISO-8859-1", b"UTF-8")))


NAMES = st.one_of(
    st.text(min_size=1),
    st.text(
        st.sampled_from('a \t\n\r\x0b\x0c\x1c\x1e\x85\xa0\u2028\u3000\0\ud800\udce9#"'), min_size=1
    ),
)


@pytest.mark.filterwarnings("ignore::volio.errors.LossWarning")
@pytest.mark.parametrize("kind", KINDS)
@given(name=NAMES, note=NAMES)
def test_a_name_is_read_as_it_is_written_or_refused(
    kind: str, name: str, note: str, tmp_path_factory: pytest.TempPathFactory
):
    path = tmp_path_factory.getbasetemp() / f"labels.{KINDS[kind]}"
    path.unlink(missing_ok=True)
    labels = Labels([Label(1, name, (1, 2, 3, 255), {note: note})])
    try:
        getattr(labels, f"to_{kind}")(path)
    except VolioError:
        assert not path.exists()
        return
    found = getattr(Labels, f"from_{kind}")(path)
    assert found.keys == (1,)
    if kind == "dseg_tsv":
        further = {} if note in ("index", "name", "color") or note == "n/a" else {note: note}
        assert found[1] == Label(1, name, (1, 2, 3, 255), further)
    elif kind != "fsl_xml":  # which replaces what XML cannot have, with a warning
        assert found.names == (name,)


def test_an_index_of_fsl_is_not_the_key_of_a_table_of_bids(tmp_path: Path):
    stated = ATLAS.replace(b'index="1"', b'index="1" value="40"')
    labels = Labels.from_fsl_xml(io.BytesIO(stated))
    with pytest.warns(LossWarning, match="the columns index of labels"):
        labels.to_dseg_tsv(tmp_path / "a.tsv")
    assert Labels.from_dseg_tsv(tmp_path / "a.tsv").keys == (0, 40)
