"""Labels of volumes: in headers, in conversions, in viewers."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import nibabel
import numpy as np
import pytest

import volio
from volio import Label, Labels
from volio.display import Overlay, plot_ortho
from volio.errors import HeaderDataError, LossWarning, UsageTypeError, VolioWarning
from volio.formats.nifti1 import Nifti1Extension
from volio.ops.examine import examine

PARTS = Labels(
    [
        Label(0, "Unknown", (0, 0, 0, 0)),
        Label(3, "left <&> \"right\"", (255, 128, 0, 255)),
        Label(900, "far", (0, 0, 255, 128)),
        Label(7, "no colour"),
    ]
)  # fmt: skip
VOXELS = np.zeros((4, 5, 6), np.int16)
VOXELS[1] = 3
VOXELS[2] = 900
VOXELS[3] = 7


def image(cls=volio.Nifti1Image):
    return cls(VOXELS, np.eye(4))


def test_nifti_has_them_as_workbench_does(tmp_path: Path):
    img = image()
    assert img.labels is None
    img.labels = PARTS
    volio.save(img, tmp_path / "a.nii")
    assert volio.load(tmp_path / "a.nii").labels == PARTS
    # By another reader: the extension of ecode 30, with a table as in GIFTI.
    (extension,) = nibabel.load(tmp_path / "a.nii").header.extensions
    assert extension.get_code() == 30
    root = ElementTree.fromstring(extension.content.rstrip(b"\0"))
    rows = root.findall("VolumeInformation[@Index='0']/LabelTable/Label")
    assert [row.get("Key") for row in rows] == ["0", "3", "900", "7"]
    assert rows[1].text == 'left <&> "right"'
    assert [float(rows[1].get(level)) for level in ("Red", "Green", "Blue", "Alpha")] == [
        1,
        pytest.approx(128 / 255, abs=1e-6),
        0,
        1,
    ]
    assert rows[3].get("Red") is None
    assert root.findtext("VolumeInformation/VolumeType") == "Label"
    img.labels = None
    assert len(img.header.extensions) == 0
    with pytest.raises(UsageTypeError, match="labels: must be Labels, got dict"):
        img.labels = {1: "a"}


def test_a_table_in_nifti_that_makes_no_sense():
    img = image()
    text = b"<CaretExtension><VolumeInformation><LabelTable><Label Key='x'/></LabelTable>"
    text += b"</VolumeInformation></CaretExtension>"
    img.header.extensions.append(volio.nifti1.extension_codes.handler[30].from_bytes(text))
    with pytest.raises(HeaderDataError, match=r"label '': its numbers are none, .*'x'"):
        img.labels  # noqa: B018
    with pytest.warns(VolioWarning, match="labels are shown without their names and colours"):
        layer = volio.ImageLayer.from_image(img)
    assert layer.label_table is None
    with pytest.warns(LossWarning, match="lost: extension caret"):
        assert volio.MGHImage.from_image(img).labels is None


def test_afni_has_names_alone(tmp_path: Path):
    img = image(volio.AFNIImage)
    img.labels = PARTS
    with pytest.warns(LossWarning, match="place for the names of key 3, the colours of labels"):
        volio.save(img, tmp_path / "a+orig.HEAD")
    head = (tmp_path / "a+orig.HEAD").read_text()
    assert "name = VALUE_LABEL_DTABLE" in head
    assert ' "900" "far"' in head
    found = volio.load(tmp_path / "a+orig.HEAD")
    assert found.labels.keys == PARTS.keys
    # Quotation marks end a name there.
    assert found.labels.names == ("Unknown", "left <&> 'right'", "far", "no colour")
    volio.save(found, tmp_path / "b.nii")
    again = volio.load(tmp_path / "b.nii")
    assert again.labels == found.labels
    attributes = volio.AFNIImage.from_image(again).header.attributes
    assert attributes["VALUE_LABEL_DTABLE"] == found.header.attributes["VALUE_LABEL_DTABLE"]


AFNI_TABLE = """<VALUE_LABEL_DTABLE
  ni_type="2*String"
  ni_dimen="2" >
 "2" "Left-Cerebral-White-Matter"
 "4" 'Left "V"'
</VALUE_LABEL_DTABLE>"""
ATLAS_TABLE = """<ATLAS_LABEL_TABLE ni_type="" ni_dimen="1">
<ATLAS_POINT data_type="atlas_point" STRUCT="Left Amygdala" VAL="201" OKEY="1" GYoAR="0"
  COG="1 2 3" SB_LABEL="L_Amy" />
</ATLAS_LABEL_TABLE>"""


def test_tables_that_afni_wrote():
    img = image(volio.AFNIImage)
    img.header.attributes["ATLAS_LABEL_TABLE"] = ATLAS_TABLE
    (row,) = img.labels
    assert row == Label(201, "Left Amygdala", None, {"COG": "1 2 3", "SB_LABEL": "L_Amy"})
    img.header.attributes["VALUE_LABEL_DTABLE"] = AFNI_TABLE
    assert img.labels == Labels([Label(2, "Left-Cerebral-White-Matter"), Label(4, 'Left "V"')])
    img.header.attributes["VALUE_LABEL_DTABLE"] = AFNI_TABLE.replace("'Left \"V\"'", "")
    with pytest.raises(HeaderDataError, match="must be pairs of a number and a name, got 3"):
        img.labels  # noqa: B018
    img.header.attributes["VALUE_LABEL_DTABLE"] = AFNI_TABLE.replace('"2" ', '"2.5" ')
    with pytest.raises(HeaderDataError, match=r"keys must be integers, got '2.5'"):
        img.labels  # noqa: B018


def test_attributes_in_nifti_keep_their_quotation_marks():
    # In several pieces, which end at a quotation mark and a line end, or in one.
    text = "<AFNI_attributes><AFNI_atr ni_type='String' ni_dimen='{}' atr_name='A'>{}</AFNI_atr>"
    handler = volio.nifti1.extension_codes.handler[4]
    for count, expected in (("1", 'a"\n"b'), ("2", "ab")):
        raw = text.format(count, '"a"\n"b"') + "</AFNI_attributes>"
        assert handler.from_bytes(raw.encode()).attributes == {"A": expected}


def test_conversions_keep_them_and_losses_are_told(tmp_path: Path):
    img = image(volio.Spm99AnalyzeImage)
    img.labels = PARTS
    with pytest.warns(LossWarning, match=r"^Spm99AnalyzeImage: has no place for labels; .*to_dseg"):
        volio.save(img, tmp_path / "a.img")
    assert volio.load(tmp_path / "a.img").labels is None
    assert img.slicer[1:].labels == PARTS
    converted = volio.Nifti1Image.from_image(img)
    assert converted.labels == PARTS
    assert volio.Nifti1Image.from_bytes(converted.to_bytes()).labels == PARTS


# Viewers.


def test_pictures_have_the_colours_of_labels(tmp_path: Path):
    img = image()
    img.labels = PARTS
    layer = volio.ImageLayer.from_image(img)
    layer.dims_point = [0, 0, 2]
    colours = np.round(layer.slice_colours()[:, 0] * 255)
    assert colours[:3].tolist() == [[0] * 4, [255, 128, 0, 255], [0, 0, 255, 128]]
    assert colours[3, 3] == 255
    assert layer.get_status((1, 0, 2))["value"] == '3 (left <&> "right")'
    assert layer.get_status((3, 0, 2))["coordinates"].endswith(": 7 (no colour)")
    # Colours that are asked for are those that are shown.
    gray = volio.ImageLayer.from_image(img, colormap="gray")
    assert gray.slice_colours()[1, 0, 0] == gray.slice_colours()[1, 0, 1]

    picture = plot_ortho(img, size=60, draw_cross=False, annotate=False)
    flat = {tuple(pixel) for pixel in picture.reshape(-1, 4).tolist()}
    assert (255, 128, 0, 255) in flat
    assert plot_ortho(img, size=60, cmap="gray", draw_cross=False).std(axis=2).max() > 0
    over = Overlay(img, threshold=None).layer
    assert over.colormap == PARTS.colormap()
    assert over.contrast_limits == [-1.5, 901.5]
    assert Overlay(img, "hot").layer.colormap.name == "hot"
    assert Overlay(img, vmin=0, vmax=9).layer.contrast_limits == [0, 9]


def test_a_header_extension_of_another_program_stays():
    img = image()
    img.header.extensions.append(Nifti1Extension(6, b"hello"))
    img.labels = PARTS
    assert [one.get_code() for one in img.header.extensions] == [6, 30]


def test_doctor_reports_rows_that_occur_twice():
    img = image()
    img.labels = Labels([Label(3, "a"), Label(3, "b"), Label(7, "a")])
    found = {(one.level, one.found) for one in examine(img) if one.where == "labels"}
    assert found == {
        ("suspicious", "keys that several labels have: 3"),
        ("info", "names that several labels have: a"),
    }
    img.labels = PARTS
    assert [one for one in examine(img) if one.where == "labels"] == []
    broken = image(volio.AFNIImage)
    broken.header.attributes["VALUE_LABEL_DTABLE"] = "<VALUE_LABEL_DTABLE>"
    (one,) = [one for one in examine(broken) if one.where == "labels"]
    assert one.found.startswith("cannot be read: VALUE_LABEL_DTABLE: is not well-formed XML")
