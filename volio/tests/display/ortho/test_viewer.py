"""The viewer in figures of matplotlib, driven by the mouse and the keys."""

from __future__ import annotations

import importlib
import io
from collections import namedtuple
from itertools import pairwise

import nibabel.tests.test_viewers
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.backend_bases import FigureCanvasBase, KeyEvent, MouseEvent
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import volio
from volio.display import Overlay
from volio.errors import UsageError
from volio.tests.real_files import ORIENTATIONS

TURNED = np.array([[0, 0, -3.0, 20], [-2, 0, 0, 30], [0, 1.5, 0, -10], [0, 0, 0, 1]])
SHAPE = (10, 12, 14)
Click = namedtuple("Click", "xdata ydata inaxes button")
Scroll = namedtuple("Scroll", "button inaxes key")
Key = namedtuple("Key", "key")


class Window(FigureCanvasAgg):
    """A canvas as that of a window: it redraws when it is told to, and copies parts of pictures."""

    def __init__(self, figure):
        super().__init__(figure)
        self.drawn = self.blitted = 0

    def draw_idle(self):
        self.drawn += 1
        self.draw()

    def blit(self, bbox=None):
        self.blitted += 1

    def shown(self):
        return np.asarray(self.buffer_rgba()).copy()


@pytest.fixture(autouse=True)
def _figures():
    yield
    pyplot.close("all")


def noise(shape=SHAPE):
    return np.random.default_rng(0).uniform(0, 100, shape)


def viewer(voxels=None, affine=None, window=False, **options):
    figure = Figure(figsize=(8, 8) if window else (4, 4), dpi=60)
    (Window if window else FigureCanvasAgg)(figure)
    made = volio.OrthoSlicer3D(
        noise() if voxels is None else voxels, affine, figure=figure, **options
    )
    figure.canvas.draw()
    return made


def point(axes, column, row):
    return axes.transData.transform((column, row))


def mouse(made, name, axes, column, row, **facts):
    canvas = made.figs[0].canvas
    x, y = point(axes, column, row)
    buttons = facts.pop("buttons", set())  # no argument before matplotlib 3.10
    event = MouseEvent(name, canvas, x, y, **facts)
    event.buttons = buttons
    canvas.callbacks.process(name, event)


def press(made, key):
    canvas = made.figs[0].canvas
    canvas.callbacks.process("key_press_event", KeyEvent("key_press_event", canvas, key))


def shown(panel):
    return panel.image.get_array()


@pytest.mark.parametrize("name", ["nonRAS", "nonRAS_on_mouse", "nonRAS_on_scroll"])
def test_what_nibabel_asks_of_its_own_viewer(monkeypatch, name):
    monkeypatch.setattr(nibabel.tests.test_viewers, "OrthoSlicer3D", volio.OrthoSlicer3D)
    assert volio.viewers.OrthoSlicer3D is volio.OrthoSlicer3D
    getattr(nibabel.tests.test_viewers, f"test_viewer_{name}")()


def test_events_need_only_the_attributes_of_nibabels():
    v = viewer(noise((*SHAPE, 2)))
    assert v.position.tolist() == [0, 0, 0]
    assert repr(v) == "<OrthoSlicer3D: (10, 12, 14, 2)>"
    v._on_scroll(Scroll("up", None, None))
    v._on_scroll(Scroll("up", v._axes[0], None))
    assert v._data_idx == [1, 0, 0, 0]
    v._on_scroll(Scroll("up", v._axes[3], None))
    assert v._data_idx == [1, 0, 0, 1]
    v._on_scroll(Scroll("down", v._axes[1], "shift"))
    assert v._data_idx == [1, 0, 0, 0]
    v._on_scroll(Scroll("up", v._axes[1], "control"))
    assert v._data_idx == [1, 10, 0, 0]
    v._on_mouse(Click(0.5, 0.5, None, 1))
    v._on_mouse(Click(4.4, 5.6, v._axes[2], 1))
    assert v._data_idx == [4, 6, 0, 0]
    v._on_mouse(Click(1.2, 0, v._axes[3], 1))
    assert v._data_idx == [4, 6, 0, 1]
    v._on_mouse(Click(0.5, 0.5, v._axes[0], None))
    for key, volume in (("-", 0), ("-", 0), ("+", 1), ("=", 1), ("-", 0), ("=", 1)):
        v._on_keypress(Key(key))
        assert v._data_idx[3] == volume
    v.close()
    v.draw()
    v.close()


def test_arguments_that_make_no_sense_are_told():
    v = viewer()
    with pytest.raises(ValueError, match="clim"):
        v.clim = (0.0,)
    with pytest.raises(ValueError, match="there is no 'foo'"):
        v.cmap = "foo"
    with pytest.raises(TypeError, match="OrthoSlicer3D"):
        v.link_to(1)
    with pytest.raises(ValueError, match="affine"):
        volio.OrthoSlicer3D(np.zeros((3, 4, 5)), np.eye(3))
    with pytest.raises(UsageError, match="three or four"):
        volio.OrthoSlicer3D(np.zeros((3, 4, 5)), axes=v._axes[:2])
    with pytest.raises(volio.errors.ImageDataError, match="no voxels"):
        volio.Nifti1Image(np.zeros((3, 0, 4)), np.eye(4)).orthoview()


def test_axes_may_lie_in_several_figures():
    one, two = Figure(), Figure()
    FigureCanvasAgg(one), FigureCanvasAgg(two)
    axes = [*one.subplots(1, 2), *two.subplots(1, 2)]
    v = volio.OrthoSlicer3D(noise((*SHAPE, 3)), axes=axes)
    assert v.figs == (one, two)
    v.set_position(3, 4, 5)
    np.testing.assert_array_equal(v._ims[2].get_array(), noise((*SHAPE, 3))[:, :, 5, 0].T)
    for figure in v.figs:
        figure.canvas.draw()
    v.close()
    assert one.axes == axes[:2]


def test_a_click_moves_the_other_planes_and_a_drag_goes_on():
    voxels = noise()
    v = viewer(voxels, TURNED, start="centre")
    coronal = v._ims[1]
    mouse(v, "button_press_event", coronal.axes, 3, 4, button=1)
    i, j, k = v.state.voxel
    assert (j, 13 - k) == (4, 3)
    np.testing.assert_array_equal(v._ims[0].get_array(), voxels[::-1, :, k].T)
    assert [line.get_xdata()[0] for line in coronal.lines[:1]] == [3]
    mouse(v, "motion_notify_event", coronal.axes, 7, 9, buttons={1}, button=1)
    assert v.state.voxel.tolist() == [i, 9, 6]
    mouse(v, "motion_notify_event", v._ims[2].axes, 1, 1, button=1)  # left the plane
    assert v.state.voxel.tolist() == [i, 9, 6]
    mouse(v, "button_release_event", coronal.axes, 7, 9, button=1)
    mouse(v, "motion_notify_event", coronal.axes, 2, 2)
    assert v.state.voxel.tolist() == [i, 9, 6]


def test_the_wheel_and_keys_of_a_real_canvas():
    v = viewer(noise((*SHAPE, 4)))
    axial = v._ims[2].axes
    mouse(v, "scroll_event", axial, 4, 4, step=1)
    assert v._data_idx == [0, 0, 1, 0]
    mouse(v, "scroll_event", axial, 4, 4, step=1, key="control")
    assert v._data_idx == [0, 0, 11, 0]
    mouse(v, "scroll_event", axial, 4, 4, step=1, key="shift")
    assert v._data_idx == [0, 0, 11, 1]
    mouse(
        v,
        "button_press_event",
        v._time_course.axes,
        2.8,
        v._time_course.axes.get_ylim()[0] + 1,
        button=1,
    )
    assert v._data_idx == [0, 0, 11, 3]
    np.testing.assert_array_equal(v._time_course.curve.get_ydata(), noise((*SHAPE, 4))[0, 0, 11])
    assert v._time_course.bar.get_x() == 2.5
    press(v, "ctrl+x")
    assert not any(line.get_visible() for panel in v._ims for line in panel.lines)
    press(v, "ctrl+x")
    assert v.crosshair
    press(v, "escape")
    press(v, "-")
    assert v._data_idx == [0, 0, 11, 3]


def test_a_drag_with_the_right_button_changes_the_contrast():
    v = viewer()
    v.clim = (20, 60)
    before = shown(v._ims[0]).copy()
    axes = v._ims[0].axes
    canvas = v.figs[0].canvas
    x, y = point(axes, 5, 5)
    for name, dx, dy in (
        ("button_press_event", 0, 0),
        ("motion_notify_event", 200, 0),
    ):
        canvas.callbacks.process(name, MouseEvent(name, canvas, x + dx, y + dy, button=3))
    assert v.clim == pytest.approx((0, 80))
    assert (shown(v._ims[0]) != before).any()
    event = MouseEvent("motion_notify_event", canvas, x, y + 100, button=3)
    canvas.callbacks.process("motion_notify_event", event)
    assert v.clim == pytest.approx((10, 50))  # brighter
    mouse(v, "button_release_event", axes, 5, 5, button=3)
    canvas.callbacks.process("motion_notify_event", event)
    assert v.clim == pytest.approx((10, 50))
    assert v._data_idx == [0, 0, 0, 0]


def test_nothing_moves_while_a_tool_has_the_mouse():
    v = viewer()
    canvas = v.figs[0].canvas
    canvas.widgetlock(v)
    mouse(v, "button_press_event", v._ims[2].axes, 3, 4, button=1)
    assert v.state.voxel.tolist() == [0, 0, 0]
    canvas.widgetlock.release(v)
    mouse(v, "button_press_event", v._ims[2].axes, 3, 4, button=1)
    assert v.state.voxel.tolist() == [3, 4, 0]


def test_pixels_lie_on_voxels_and_have_their_shape():
    v = viewer(affine=np.diag([2, 3, 5, 1.0]))
    sagittal = v._axes[0]
    assert sagittal.get_xlim() == (-0.5, 11.5)
    assert sagittal.get_ylim() == (-0.5, 13.5)
    assert sagittal.get_aspect() == pytest.approx(5 / 3)
    boxes = [axes.get_position() for axes in v._axes]
    assert boxes[0].height == pytest.approx(boxes[1].height, rel=1e-6)  # one scale


@pytest.mark.parametrize("inches", [2, 4, 8])
def test_the_readout_covers_no_plane(inches):
    figure = Figure(figsize=(inches, inches))
    FigureCanvasAgg(figure)
    v = volio.OrthoSlicer3D(noise((*SHAPE, 2)), figure=figure)
    figure.canvas.draw()
    lowest = min(axes.get_window_extent().y0 for axes in v._axes)
    assert v._readout.get_window_extent().y1 < lowest


def test_letters_follow_the_switch():
    v = viewer(affine=TURNED)
    assert [text.get_text() for text in v._ims[2].letters] == ["A", "R", "P", "L"]
    before = shown(v._ims[2]).copy()
    v.radiological = True
    assert [text.get_text() for text in v._ims[2].letters] == ["A", "L", "P", "R"]
    np.testing.assert_array_equal(shown(v._ims[2]), before[:, ::-1])


def test_a_window_copies_what_did_not_change_and_shows_the_same():
    v = viewer(noise((*SHAPE, 3)), window=True, title="a title")
    canvas = v.figs[0].canvas
    assert (canvas.drawn, canvas.blitted) == (0, 0)
    v.add_overlay(noise() > 50, "red", alpha=0.5)
    v.add_contours(noise() > 50)
    v.set_position(3, 4, 5)
    v.set_volume_idx(2)
    assert canvas.drawn == 0
    assert canvas.blitted >= 4
    copied = canvas.shown()
    canvas.draw()
    np.testing.assert_array_equal(canvas.shown(), copied)
    saved = io.BytesIO()
    v.figs[0].savefig(saved, format="rgba")
    np.testing.assert_array_equal(np.frombuffer(saved.getvalue(), np.uint8), copied.ravel())


@pytest.mark.parametrize("backend", ["agg", "svg", "pdf", "ps", "webagg_core"])
def test_every_canvas_draws_it(backend):
    module = importlib.import_module(f"matplotlib.backends.backend_{backend}")
    figure = Figure(figsize=(3, 3))
    if backend == "webagg_core":
        module.FigureManagerWebAgg(module.FigureCanvasWebAggCore(figure), 0)
    else:
        module.FigureCanvas(figure)
    v = volio.OrthoSlicer3D(noise(), figure=figure)
    v.set_position(1, 2, 3)
    figure.canvas.draw()
    written = io.BytesIO()
    figure.savefig(written)
    assert len(written.getvalue()) > 1000
    assert v.state.voxel.tolist() == [1, 2, 3]


def test_figures_of_pyplot_are_opened_and_closed():
    img = volio.Nifti1Image(noise().astype(np.float32), np.eye(4))
    v = img.orthoview()
    assert isinstance(v, volio.OrthoSlicer3D)
    [number] = pyplot.get_fignums()
    assert pyplot.figure(number) is v.figs[0]
    v.show()
    v.close()
    assert pyplot.get_fignums() == []


def test_an_image_without_a_place_starts_in_its_middle():
    v = volio.Nifti1Image(noise().astype(np.float32), None).orthoview()
    assert v._data_idx[:3] == [5, 6, 7]
    assert [text.get_text() for text in v._ims[2].letters] == ["+j", "+i", "-j", "-i"]


@pytest.mark.parametrize(
    "dtype", [np.complex64, np.bool_, [("R", "u1"), ("G", "u1"), ("B", "u1")], np.int16, np.float16]
)
def test_any_kind_of_voxel_is_drawn(dtype):
    voxels = np.ones((3, 4, 5, 2), dtype)
    v = viewer(voxels)
    assert [shown(panel).shape for panel in v._ims] == [(5, 4, 4), (5, 3, 4), (4, 3, 4)]
    v.set_position(1, 1, 1)
    v.set_volume_idx(1)
    value = v._ims[0].get_array()[0, 0]
    assert np.ravel(value).tolist() == ([1, 1, 1] if voxels.dtype.names else [1])


def test_voxels_without_a_value_are_black():
    holes = noise()
    holes[2, 3, 4] = np.nan
    holes[0, 0, 0] = np.inf
    v = viewer(holes, start=(2, 3, 4))
    assert np.isfinite(v.clim).all()
    assert shown(v._ims[2])[3, 2].tolist() == [0, 0, 0, 255]
    assert "nan" in v._readout.get_text()
    nothing = viewer(np.full(SHAPE, np.nan))
    assert (shown(nothing._ims[0])[..., :3] == 0).all()


def test_overlays_and_contours_are_seen_and_can_be_changed():
    v = viewer(np.zeros(SHAPE), start=(5, 6, 7), vmin=0, vmax=1)
    mask = np.zeros(SHAPE, np.uint8)
    mask[4:7, 5:8] = 1
    over = v.add_overlay(mask, "red", alpha=0.5)
    assert isinstance(over, Overlay)
    assert shown(v._ims[2])[6, 5].tolist() == [128, 0, 0, 255]
    assert shown(v._ims[2])[0, 0].tolist() == [0, 0, 0, 255]
    over.layer.opacity = 1
    assert shown(v._ims[2])[6, 5].tolist() == [255, 0, 0, 255]
    lines = v.add_contours(mask, colors="yellow")
    [drawn] = v._ims[2].outlines
    [path] = drawn.get_paths()
    np.testing.assert_allclose(path.vertices.min(axis=0), [3.5, 4.5])
    np.testing.assert_allclose(path.vertices.max(axis=0), [6.5, 7.5])
    assert "mask" not in v._readout.get_text()
    v.remove(lines)
    v.remove(over)
    assert v._ims[2].outlines == []
    assert shown(v._ims[2])[..., :3].max() == 0


def test_the_bar_shows_the_limits():
    v = viewer(vmin=0, vmax=80)
    assert (v._bar.low.get_text(), v._bar.high.get_text()) == ("0", "80")
    v.clim = (10, 50)
    assert (v._bar.low.get_text(), v._bar.high.get_text()) == ("10", "50")
    v.cmap = "red"
    assert v.cmap.name == "red"
    assert v._bar.image.get_array()[-1, 0].tolist() == [255, 0, 0, 255]
    colours = viewer(np.zeros(SHAPE, [(name, "u1") for name in "RGB"]))
    assert not colours._bar.axes.get_visible()


def test_linked_viewers_move_together():
    one, two = viewer(), viewer(affine=np.diag([2, 2, 2, 1.0]))
    one.link_to(two, limits=True)
    one.link_to(two, limits=True)
    mouse(one, "button_press_event", one._ims[2].axes, 4, 6, button=1)
    assert two.position.tolist() == [4, 6, 0]
    assert two._ims[2].lines[0].get_xdata()[0] == 2
    two.clim = (3, 4)
    assert one.clim == (3, 4)
    one.close()
    two.set_position(0, 0, 0)
    assert one.position.tolist() == [4, 6, 0]


def test_the_toolbar_tells_place_and_value():
    voxels = noise()
    v = viewer(voxels, np.diag([2, 2, 2, 1.0]))
    told = v._ims[2].axes.format_coord(3.2, 3.9)
    assert told == f"(6.0, 8.0, 0.0) mm {voxels[3, 4, 0]:.6g}"
    assert v._ims[2].axes.format_coord(-3, 4) == "(-6.0, 8.0, 0.0) mm"


def test_the_course_of_a_file_is_read_when_the_mouse_rests(tmp_path):
    voxels = noise((*SHAPE, 5)).astype(np.float32)
    volio.save(volio.Nifti1Image(voxels, np.eye(4)), tmp_path / "bold.nii")
    figure = Figure()
    FigureCanvasAgg(figure)
    v = volio.load(tmp_path / "bold.nii").orthoview(figure=figure)
    figure.canvas.draw()
    curve = v._time_course.curve
    assert not curve.get_visible()
    mouse(v, "button_press_event", v._ims[2].axes, 3, 4, button=1)
    assert not curve.get_visible()
    mouse(v, "button_release_event", v._ims[2].axes, 3, 4, button=1)
    assert curve.get_visible()
    np.testing.assert_array_equal(curve.get_ydata(), voxels[3, 4, 0])
    v.set_position(1, 2, 3)
    np.testing.assert_array_equal(curve.get_ydata(), voxels[1, 2, 3])


class Counted:
    """A lazy array that writes down what is read of it."""

    def __init__(self, voxels):
        self.voxels, self.shape, self.dtype, self.ndim = voxels, voxels.shape, voxels.dtype, 3
        self.reads = []

    def __getitem__(self, index):
        found = self.voxels[index]
        self.reads.append(found.size)
        return found

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("the whole array was asked for")


def test_three_slices_and_a_sample_are_read_at_first_then_a_slice_for_each_step():
    lazy = Counted(noise((40, 44, 48)))
    v = viewer(lazy, start="centre")
    sample = [size for size in lazy.reads if size not in (40 * 44, 40 * 48, 44 * 48)]
    assert sorted(set(lazy.reads) - set(sample)) == [40 * 44, 40 * 48, 44 * 48]
    assert len(lazy.reads) == 3 + len(sample)
    assert sum(sample) == 40 * 44 * 48
    for axes, size in zip(v._axes, (44 * 48, 40 * 48, 40 * 44), strict=True):
        lazy.reads.clear()
        mouse(v, "scroll_event", axes, 5, 5, step=1)
        assert lazy.reads == [size]
    lazy.reads.clear()
    press(v, "ctrl+x")
    v.clim = (0, 50)
    v.cmap = "hot"
    assert lazy.reads == []


BACKENDS = {
    "tkagg": "Tk",
    "nbagg": "IPython",
    "webagg": "tornado",
    "gtk3agg": "GTK 3",
    "qtagg": "Qt",
    "wxagg": "wxPython",
}


@pytest.mark.parametrize(
    "backend",
    [pytest.param(name, marks=pytest.mark.requires(BACKENDS[name])) for name in BACKENDS],
)
def test_canvases_of_windows_are_told_to_redraw(backend):
    canvas = importlib.import_module(f"matplotlib.backends.backend_{backend}").FigureCanvas
    assert canvas.draw_idle is not FigureCanvasBase.draw_idle
    assert issubclass(canvas, FigureCanvasAgg)


def test_the_eight_orders_of_a_real_head_look_the_same(shared_data):
    found = {}
    for path in [shared_data / name for name in ORIENTATIONS]:
        figure = Figure(figsize=(2, 2))
        FigureCanvasAgg(figure)
        v = volio.load(path).orthoview(figure=figure)
        v.set_position(-4, 6, 10)
        found[path.name] = [np.asarray(shown(panel)).astype(int) for panel in v._ims]
    expected = found.pop("RAS.nii.gz")
    for name, planes in found.items():
        for plane, other in zip(planes, expected, strict=True):
            assert np.abs(plane - other).mean() < 0.5, name


@pytest.mark.parametrize(
    ("shape", "mode", "seen"),
    [
        ((6, 7, 5), None, [0, 1, 2]),
        ((6, 7, 1), None, [2]),
        ((6, 7), None, [2]),
        ((6, 1, 5, 4), None, [1]),
        ((6, 7, 1), "ortho", [0, 1, 2]),
        ((6, 7, 5, 4), "xz", [0, 2]),
        ((6, 7, 5), "y", [1]),
    ],
)
def test_windows_show_the_planes_that_pictures_show(shape, mode, seen):
    made = volio.OrthoSlicer3D(noise(shape), np.eye(4), start="centre", display_mode=mode)
    visible = [axes.get_visible() for axes in made._axes[:3]]
    assert [number for number in range(3) if visible[number]] == seen
    made._axes[0].figure.canvas.draw()
    boxes = [made._axes[number].get_window_extent() for number in seen]
    for one, other in pairwise(boxes):
        assert one.x1 < other.x0 or mode in (None, "ortho")
    made.set_position(1, 0, 0)
    assert made._readout.get_text().startswith("(1.0, 0.0, 0.0) mm")
    made.close()


def test_planes_of_a_window_are_those_there_are():
    with pytest.raises(UsageError, match="display_mode: must be one of ortho, tiled"):
        volio.OrthoSlicer3D(noise((3, 4, 5)), display_mode="mosaic")
    figure = Figure()
    axes = figure.subplots(1, 3)
    with pytest.raises(UsageError, match="display_mode: is for a whole figure"):
        volio.OrthoSlicer3D(noise((3, 4, 5)), axes=axes, display_mode="x")
