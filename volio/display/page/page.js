// The page of an image: linked planes. `scene` is written by html.py, which says what is in it.
const NAMES = ["sagittal", "coronal", "axial"];
const ACROSS = [1, 0, 0], UP = [2, 2, 1]; // axes of each plane
const [nx, ny, nz] = scene.shape;
const strides = [1, nx, nx * ny];
const state = { at: scene.start.slice(), radiological: scene.radiological, crosshair: true, smooth: true, active: scene.planes.length - 1 };
const panels = [];
const unpackVoxels = (channel) => unpack(channel, nx * ny * nz);

// A mesh in mm with its positions in voxels of this page.
function inVoxels({ positions, faces }) {
  const moved = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    scene.to_index.forEach(([x, y, z, start], axis) => {
      moved[i + axis] = x * positions[i] + y * positions[i + 1] + z * positions[i + 2] + start;
    });
  }
  return { positions: moved, faces };
}

// Whether a value is hidden; an end that is null is at infinity.
function isHidden(value, hidden) {
  return hidden && (hidden[0] === null || value > hidden[0]) && (hidden[1] === null || value < hidden[1]);
}

// Write red, green, blue and alpha of a place into `out`.
function colour(image, i, out) {
  out[3] = 0;
  if (image.inside && !image.inside(i)) return;
  if (image.rgb) {
    for (let c = 0; c < 4; c++) out[c] = c < image.get.length ? image.get[c](i) * image.unit : 255;
  } else {
    colourOfValue(image, image.get[0](i), out);
  }
  if (image.alpha) out[3] *= image.alpha(i);
}

function colourOfValue(image, value, out) {
  if (Number.isNaN(value) || isHidden(value, image.hidden)) return;
  const [low, high] = image.limits;
  const share = Math.min(1, Math.max(0, (value - low) / (high - low))) ** image.gamma;
  const entry = 4 * Math.min(255, Math.floor(share * 256));
  for (let c = 0; c < 4; c++) out[c] = image.lut[entry + c];
}

// Images one over the other: each is smoothed alone, and labels are not.
function paint(panel) {
  const { across, up, small, canvas } = panel, [w, h] = [scene.shape[across], scene.shape[up]];
  const target = canvas.getContext("2d"), turned = mirrored(panel);
  target.fillStyle = "#000";
  target.fillRect(0, 0, canvas.width, canvas.height);
  target.imageSmoothingQuality = "high";
  for (const image of scene.images) {
    if (!image.opacity) continue;
    fill(panel, image, w, h, turned);
    target.imageSmoothingEnabled = state.smooth && !image.labels;
    target.globalAlpha = image.opacity;
    target.drawImage(small, 0, 0, canvas.width, canvas.height);
  }
  target.globalAlpha = 1;
  decorate(panel, target, w, h, turned);
}

// Put the colours of an image in a plane onto the small canvas, a pixel for each voxel.
function fill({ across, up, through, small }, image, w, h, turned) {
  const context = small.getContext("2d"), pixels = context.createImageData(w, h), out = [0, 0, 0, 0];
  const fixed = state.at[through] * strides[through];
  for (let row = 0, p = 0; row < h; row++) {
    for (let column = 0; column < w; column++, p += 4) {
      const a = turned ? w - 1 - column : column, i = fixed + a * strides[across] + (h - 1 - row) * strides[up];
      colour(image, i, out);
      for (let c = 0; c < 4; c++) pixels.data[p + c] = out[c];
    }
  }
  context.putImageData(pixels, 0, 0);
}

function drawLines(panel, target, w, h, turned) {
  const { across, up, through, canvas } = panel, fixed = state.at[through] * strides[through];
  const place = (x, y) => [(((turned ? w - 1 - x : x) + 0.5) / w) * canvas.width, ((h - 0.5 - y) / h) * canvas.height];
  for (const contours of scene.contours) {
    if (!contours.opacity) continue;
    if (contours.mesh) {
      drawCut(contours, across, up, through, state.at[through], place, target);
      continue;
    }
    const slice = Float64Array.from({ length: w * h }, (_, n) =>
      contours.get(fixed + (n % w) * strides[across] + Math.floor(n / w) * strides[up]));
    drawContours(contours, slice, w, h, place, target);
  }
}

function decorate(panel, target, w, h, turned) {
  const { across, up, canvas } = panel, { width, height } = canvas;
  drawLines(panel, target, w, h, turned);
  if (state.crosshair) {
    const a = turned ? w - 1 - state.at[across] : state.at[across];
    const x = ((a + 0.5) / w) * width, y = ((h - 0.5 - state.at[up]) / h) * height;
    target.strokeStyle = "rgba(80, 220, 80, 0.8)";
    target.beginPath();
    for (const [x0, y0, x1, y1] of [[x, 0, x, y - 6], [x, y + 6, x, height], [0, y, x - 6, y], [x + 6, y, width, y]]) {
      target.moveTo(x0, y0);
      target.lineTo(x1, y1);
    }
    target.stroke();
  }
  const [low, high] = scene.ends[across], [left, right] = turned ? [high, low] : [low, high];
  target.fillStyle = "#fd4";
  target.font = `${Math.round(13 * devicePixelRatio)}px system-ui, sans-serif`;
  for (const [text, x, y, align, base] of [
    [left, 4, height / 2, "left", "middle"], [right, width - 4, height / 2, "right", "middle"],
    [scene.ends[up][1], width / 2, 4, "center", "top"], [scene.ends[up][0], width / 2, height - 4, "center", "bottom"],
  ]) {
    target.textAlign = align;
    target.textBaseline = base;
    target.fillText(text, x, y);
  }
}

const mirrored = (panel) => state.radiological && panel.across === 0;
const applied = (matrix) => matrix.map((row) => row[0] * state.at[0] + row[1] * state.at[1] + row[2] * state.at[2] + row[3]);

// A limit of an image: of integers beyond float64 the exact one, until it is moved.
function limitText(image, limit, n) {
  if (!image.origin) return writtenLimit(limit);
  return limit === image.first[n] ? image.exact[n] : writtenFar(image, limit, 0);
}

// A limit: as it is if it is short or whole, else with nine digits, which tell limits apart.
function writtenLimit(limit) {
  const text = written(limit, true);
  return text.length <= 12 || Number.isInteger(limit) ? text : String(Number(limit.toPrecision(9)));
}

// An integer that float64 does not hold: what it is more than the origin, and what that is rounded by.
const writtenFar = (image, number, rest) => String(BigInt(image.origin) + BigInt(Math.round(number)) + BigInt(rest));

function valueText(image, i) {
  if (image.inside && !image.inside(i)) return "";
  if (image.origin) return writtenFar(image, image.get[0](i), image.rest(i));
  return image.get.map((get) => written(get(i), image.single)).join(", ");
}

// Digits after the point of mm: two, or more where voxels are smaller than a mm.
const decimals = Math.max(2, Math.min(20, 2 - Math.floor(Math.log10(Math.min(...scene.sizes)))));

function tell() {
  const i = state.at.reduce((sum, place, axis) => sum + place * strides[axis], 0);
  const mm = applied(scene.to_world);
  find("mm").textContent = mm.map((number) => number.toFixed(decimals)).join(", ");
  find("voxel").textContent = applied(scene.to_voxel).map(Math.round).concat(scene.volume).join(", ");
  scene.images.forEach((image, n) => {
    find(`value-${n}`).textContent = valueText(image, i);
    if (!image.rgb) find(`limits-${n}`).textContent = image.limits.map((limit, n) => limitText(image, limit, n)).join(" to ");
  });
}

function describe(panel) {
  panel.caption.textContent = `${NAMES[panel.through]}, ${scene.ends[panel.through].join("–")}`;
}

const draw = drawnOnce(() => {
  panels.forEach((panel, n) => {
    panel.canvas.classList.toggle("active", n === state.active);
    paint(panel);
  });
  for (const name of ["radiological", "crosshair", "smooth"]) find(name).checked = state[name];
  tell();
});

function move(axis, steps) {
  state.at[axis] = Math.min(scene.shape[axis] - 1, Math.max(0, state.at[axis] + steps));
  draw();
}

function point(panel, event) {
  const box = panel.canvas.getBoundingClientRect(), { across, up } = panel;
  const place = (share, n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
  const a = place((event.clientX - box.left) / box.width, scene.shape[across]);
  state.at[across] = mirrored(panel) ? scene.shape[across] - 1 - a : a;
  state.at[up] = scene.shape[up] - 1 - place((event.clientY - box.top) / box.height, scene.shape[up]);
  draw();
}

// Wider to the right, brighter upwards.
function shade(event) {
  const image = scene.images[0];
  if (image.rgb) return;
  const [low, high] = image.limits, [first, last] = image.first;
  const width = (high - low) * Math.exp(event.movementX / 150);
  const level = (low + high) / 2 + (event.movementY / 300) * (last - first);
  if (width > 0 && Number.isFinite(width)) image.limits = [level - width / 2, level + width / 2];
  draw();
}

function listen(panel, number) {
  const { canvas } = panel;
  const windowing = (event) => event.buttons === 2 || event.shiftKey;
  const pointed = (event) => {
    state.active = number;
    if (event.buttons && !windowing(event)) point(panel, event);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointed(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons && windowing(event)) shade(event);
    else if (event.buttons) pointed(event);
  });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("dblclick", () => {
    if (!scene.images[0].rgb) scene.images[0].limits = scene.images[0].first.slice();
    draw();
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    state.active = number;
    move(panel.through, event.deltaY > 0 ? -1 : 1);
  }, { passive: false });
}

function toggle(name) {
  state[name] = !state[name];
  draw();
}

function press(event) {
  if (event.target.type === "range" || event.ctrlKey || event.altKey || event.metaKey) return;
  const { across, up, through } = panels[state.active], right = mirrored(panels[state.active]) ? -1 : 1;
  const moves = {
    ArrowRight: [across, right], ArrowLeft: [across, -right], ArrowUp: [up, 1], ArrowDown: [up, -1],
    PageUp: [through, 1], PageDown: [through, -1],
  };
  const switches = { r: "radiological", x: "crosshair", s: "smooth" };
  if (moves[event.key]) move(...moves[event.key]);
  else if (switches[event.key]) toggle(switches[event.key]);
  else if (event.key === "Home") { state.at = scene.start.slice(); draw(); }
  else return;
  event.preventDefault();
}

function element(kind, parent, properties = {}) {
  return parent.appendChild(Object.assign(document.createElement(kind), properties));
}

function row(name, id) {
  element("dt", find("readout"), { textContent: name });
  element("dd", find("readout"), { id });
}

function addSlider(shown, id) {
  const line = element("div", find("controls")), label = element("label", line, { textContent: `opacity of ${shown.name} ` });
  const slider = element("input", label, { type: "range", id, min: 0, max: 1, step: 0.01, value: shown.opacity });
  slider.addEventListener("input", () => { shown.opacity = Number(slider.value); draw(); });
}

function build() {
  scene.planes.forEach((through, number) => {
    const name = NAMES[through];
    const figure = element("figure", find("panels")), canvas = element("canvas", figure, { id: name });
    canvas.setAttribute("aria-label", `${name} plane`);
    const panel = { canvas, caption: element("figcaption", figure), through, across: ACROSS[through], up: UP[through] };
    panel.small = Object.assign(document.createElement("canvas"), { width: scene.shape[panel.across], height: scene.shape[panel.up] });
    panels.push(panel);
    listen(panel, number);
  });
  row("mm", "mm");
  row("voxel", "voxel");
  scene.images.forEach((image, n) => {
    row(image.name, `value-${n}`);
    if (!image.rgb) row("shown from", `limits-${n}`);
    addSlider(image, `opacity-${n}`);
  });
  scene.contours.forEach((contours, n) => addSlider(contours, `contours-${n}`));
  for (const name of ["radiological", "crosshair", "smooth"]) find(name).addEventListener("change", () => toggle(name));
  addEventListener("keydown", press);
  addEventListener("resize", fit);
}

// Ways to lay out one panel, two or three: the numbers in each row.
const LAYOUTS = [
  [[[0]]],
  [[[0, 1]], [[0], [1]]],
  [[[0, 1, 2]], [[0, 1], [2]], [[0], [1], [2]]],
][scene.planes.length - 1];
const GAP = 8;

// How large a millimetre may be, pixels, for a layout to fit into a width and a height; a panel
// is as wide as its caption at least.
function scaleOf(rows, width, height, caption) {
  const long = (axis) => scene.shape[axis] * scene.sizes[axis];
  const wide = (row, scale) => row.reduce((sum, n) => sum + Math.max(caption.width, long(panels[n].across) * scale), GAP * (row.length - 1));
  const high = (row, scale) => caption.height + Math.max(...row.map((n) => long(panels[n].up))) * scale;
  const fits = (scale) => rows.every((row) => wide(row, scale) <= width)
    && rows.reduce((sum, row) => sum + high(row, scale), GAP * (rows.length - 1)) <= height;
  let low = 0, most = height / Math.max(...panels.map((panel) => long(panel.up)));
  for (let n = 0; n < 30; n++) {
    const middle = (low + most) / 2;
    if (fits(middle)) low = middle; else most = middle;
  }
  return low;
}

// The layout with the largest panels that leaves title and values in the window; one scale for
// all panels, so that a millimetre is as long in each.
function fit() {
  const long = (axis) => scene.shape[axis] * scene.sizes[axis];
  const style = getComputedStyle(document.body);
  const width = document.documentElement.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const captions = panels.map((panel) => panel.caption.getBoundingClientRect());
  const caption = { width: Math.max(...captions.map((box) => box.width)), height: captions[0].height };
  const readout = find("readout").getBoundingClientRect().height + 20;
  const height = Math.max(120, innerHeight - find("panels").offsetTop - readout);
  const scales = LAYOUTS.map((rows) => scaleOf(rows, width, height, caption));
  const best = scales.indexOf(Math.max(...scales)), scale = scales[best];
  find("panels").replaceChildren(...LAYOUTS[best].map((row) => {
    const line = Object.assign(document.createElement("div"), { className: "row" });
    line.append(...row.map((n) => panels[n].canvas.parentNode));
    return line;
  }));
  for (const { canvas, across, up } of panels) {
    const size = [long(across), long(up)].map((side) => Math.max(1, Math.floor(side * scale)));
    Object.assign(canvas.style, { width: `${size[0]}px`, height: `${size[1]}px` });
    canvas.width = Math.round(size[0] * devicePixelRatio);
    canvas.height = Math.round(size[1] * devicePixelRatio);
  }
  draw();
}

async function start() {
  for (const image of scene.images) {
    image.get = await Promise.all(image.channels.map(unpackVoxels));
    image.lut = image.rgb ? null : bytesOf(image.lut);
    image.first = image.rgb ? null : image.limits.slice();
    for (const name of ["inside", "alpha", "rest"]) if (image[name]) image[name] = await unpackVoxels(image[name]);
  }
  for (const contours of scene.contours) {
    if (contours.mesh) contours.mesh = inVoxels(await unpackMesh(contours.mesh));
    else contours.get = await unpackVoxels(contours.channel);
  }
  build();
  panels.forEach((panel) => describe(panel));
  tell();
  fit();
}

run(start, "voxels");
