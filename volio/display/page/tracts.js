// The page of tracts: lines that turn. `scene` is written by tract_html.py, which says what is in it.
const NEAR = 6; // pixels, at which a line is pointed at
const RESTART = 0xffffffff; // between two lines
const state = { rotation: [], zoom: 1, pan: [0, 0], map: scene.shown, share: 1, at: null };
const shownPlanes = () => scene.planes.filter((plane) => plane.isShown);
let renderer = null;

const currentMap = () => scene.maps[state.map] ?? null;
const shownLines = () => Math.max(1, Math.round(state.share * scene.lines));

// Where points are in a picture: x to the right and y up, pixels from its middle, z to the viewer, mm.
function placesOf() {
  const { rotation: r, centre, scale } = camera(), { positions } = scene, places = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    const x = positions[i] - centre[0], y = positions[i + 1] - centre[1], z = positions[i + 2] - centre[2];
    places[i] = scale * (r[0] * x + r[1] * y + r[2] * z + state.pan[0]);
    places[i + 1] = scale * (r[3] * x + r[4] * y + r[5] * z + state.pan[1]);
    places[i + 2] = r[6] * x + r[7] * y + r[8] * z;
  }
  return places;
}

function camera() {
  const { width, height } = find("picture");
  const scale = (0.96 * state.zoom * Math.min(width, height)) / (2 * scene.ball.radius);
  return { rotation: state.rotation, centre: scene.ball.centre, radius: scene.ball.radius, scale };
}

// Four bytes for each point: of directions |x|, |y|, |z| of the way there, or of values by their colours.
function colours() {
  const map = currentMap(), found = new Uint8Array(4 * scene.count).fill(255);
  scene.starts.forEach((start, line) => {
    for (let i = start; i < scene.starts[line] + scene.lengths[line]; i++) {
      const out = map ? colourOf(map, map.get(map.points ? i : line)) : directionAt(i, start, start + scene.lengths[line] - 1);
      for (let part = 0; part < 3; part++) found[4 * i + part] = out[part];
    }
  });
  return found;
}

function directionAt(i, first, last) {
  const { positions } = scene, a = 3 * Math.max(first, i - 1), b = 3 * Math.min(last, i + 1);
  const way = [0, 1, 2].map((axis) => Math.abs(positions[b + axis] - positions[a + axis]));
  const length = Math.hypot(...way);
  return length > 0 ? way.map((part) => Math.round((255 * part) / length)) : [128, 128, 128];
}

function colourOf(map, value) {
  if (Number.isNaN(value)) return [128, 128, 128];
  if (map.names.length && value > 0) value = 1 + ((value - 1) % 255); // groups; 0 is none
  const share = Math.min(1, Math.max(0, (value - map.limits[0]) / (map.limits[1] - map.limits[0])));
  const entry = 4 * Math.min(255, Math.floor(share * 256));
  return map.lut.subarray(entry, entry + 3);
}

// Drawing.

const VERTEX_SHADER = `#version 300 es
in vec3 position;
in vec3 colour;
uniform mat3 rotation;
uniform vec3 centre;
uniform vec2 scale, pan;
uniform float depth;
out vec3 part;
void main() {
  vec3 place = rotation * (position - centre);
  part = colour;
  gl_Position = vec4((place.xy + pan) * scale, -place.z / depth, 1);
}`;
const FRAGMENT_SHADER = `#version 300 es
precision mediump float;
in vec3 part;
out vec4 seen;
void main() { seen = vec4(part, 1); }`;

// Planes of an image: a corner, and how far it is across and down.
const PLANE_VERTEX_SHADER = `#version 300 es
uniform mat3 rotation;
uniform vec3 centre, corner, across, down;
uniform vec2 scale, pan;
uniform float depth;
out vec2 at;
void main() {
  at = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  vec3 place = rotation * (corner + at.x * across + at.y * down - centre);
  gl_Position = vec4((place.xy + pan) * scale, -place.z / depth, 1);
}`;
const PLANE_FRAGMENT_SHADER = `#version 300 es
precision mediump float;
uniform sampler2D picture;
in vec2 at;
out vec4 seen;
void main() { seen = vec4(texture(picture, at).rgb, 1); }`;

function programOf(gl, vertexShader, fragmentShader) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertexShader], [gl.FRAGMENT_SHADER, fragmentShader]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}

function textureOf(gl, plane) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, plane.columns, plane.rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, plane.rgba);
  for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
  for (const size of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, size, gl.LINEAR);
  return texture;
}

function webglRenderer(canvas) {
  const gl = canvas.getContext("webgl2", { antialias: true, preserveDrawingBuffer: true });
  if (!gl) return null;
  const program = programOf(gl, VERTEX_SHADER, FRAGMENT_SHADER);
  const ofPlanes = scene.planes.length ? programOf(gl, PLANE_VERTEX_SHADER, PLANE_FRAGMENT_SHADER) : null;
  const textures = new Map(scene.planes.map((plane) => [plane, textureOf(gl, plane)]));
  const ofLines = gl.createVertexArray(), nothing = gl.createVertexArray();
  gl.bindVertexArray(ofLines);
  gl.enable(gl.DEPTH_TEST);
  const fill = (name, numbers, type, normalized) => {
    const buffer = gl.createBuffer(), place = gl.getAttribLocation(program, name);
    const set = (given) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, given, gl.STATIC_DRAW);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, 3, type, normalized, normalized ? 4 : 0, 0);
    };
    set(numbers);
    return set;
  };
  fill("position", scene.positions, gl.FLOAT, false);
  const setColours = fill("colour", colours(), gl.UNSIGNED_BYTE, true);
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, strips(), gl.STATIC_DRAW);

  function use(chosen) {
    const { width, height } = canvas, { rotation, centre, radius, scale } = camera();
    const at = (name) => gl.getUniformLocation(chosen, name);
    gl.useProgram(chosen);
    gl.uniformMatrix3fv(at("rotation"), true, rotation); // of WebGL column by column
    gl.uniform3fv(at("centre"), centre);
    gl.uniform2f(at("scale"), (2 * scale) / width, (2 * scale) / height);
    gl.uniform2fv(at("pan"), state.pan);
    gl.uniform1f(at("depth"), 1.01 * radius);
    return at;
  }

  function drawPlanes() {
    const at = use(ofPlanes);
    gl.bindVertexArray(nothing);
    for (const plane of shownPlanes()) {
      for (const name of ["corner", "across", "down"]) gl.uniform3fv(at(name), plane[name]);
      gl.bindTexture(gl.TEXTURE_2D, textures.get(plane));
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    }
    gl.bindVertexArray(ofLines);
  }

  function draw() {
    const back = scene.black ? 0 : 1;
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(back, back, back, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    if (ofPlanes) drawPlanes();
    use(program);
    const last = shownLines() - 1;
    // Each line before has a mark after it.
    gl.drawElements(gl.LINE_STRIP, scene.starts[last] + scene.lengths[last] + last, gl.UNSIGNED_INT, 0);
  }

  return { name: "webgl", draw, recolour: () => setColours(colours()) };
}

// The points of all lines in their order, with a mark between two lines.
function strips() {
  const found = new Uint32Array(scene.count + scene.lines);
  let place = 0;
  scene.starts.forEach((start, line) => {
    for (let i = 0; i < scene.lengths[line]; i++) found[place++] = start + i;
    found[place++] = RESTART;
  });
  return found;
}

// Without WebGL lines are drawn one over the other, the far ones first, each in the colour of its middle.
function canvasRenderer(canvas) {
  const context = canvas.getContext("2d");
  let known = colours();
  const pictures = new Map(scene.planes.map((plane) => {
    const picture = new OffscreenCanvas(plane.columns, plane.rows);
    picture.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(plane.rgba), plane.columns, plane.rows), 0, 0);
    return [plane, picture];
  }));

  // Planes are below all lines, the far ones first.
  function drawPlanes() {
    const { rotation: r, centre, scale } = camera();
    const turned = (v) => [0, 3, 6].map((row) => r[row] * v[0] + r[row + 1] * v[1] + r[row + 2] * v[2]);
    const seen = shownPlanes().map((plane) => {
      const half = plane.corner.map((part, axis) => part + (plane.across[axis] + plane.down[axis]) / 2 - centre[axis]);
      const corner = turned(plane.corner.map((part, axis) => part - centre[axis]));
      return { plane, corner, across: turned(plane.across), down: turned(plane.down), near: turned(half)[2] };
    });
    seen.sort((a, b) => a.near - b.near);
    for (const { plane, corner, across, down } of seen) {
      const [left, top] = [corner[0] + state.pan[0], corner[1] + state.pan[1]];
      context.setTransform(
        (scale * across[0]) / plane.columns, (-scale * across[1]) / plane.columns,
        (scale * down[0]) / plane.rows, (-scale * down[1]) / plane.rows,
        canvas.width / 2 + scale * left, canvas.height / 2 - scale * top);
      context.drawImage(pictures.get(plane), 0, 0);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  function draw() {
    const places = placesOf(), middle = (line) => scene.starts[line] + (scene.lengths[line] >> 1);
    const order = Array.from({ length: shownLines() }, (_, line) => line).filter((line) => scene.lengths[line] > 0);
    order.sort((a, b) => places[3 * middle(a) + 2] - places[3 * middle(b) + 2]);
    context.fillStyle = scene.black ? "#000" : "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    drawPlanes();
    for (const line of order) {
      const colour = 4 * middle(line);
      context.strokeStyle = `rgb(${known[colour]}, ${known[colour + 1]}, ${known[colour + 2]})`;
      context.beginPath();
      for (let i = scene.starts[line]; i < scene.starts[line] + scene.lengths[line]; i++) {
        context.lineTo(canvas.width / 2 + places[3 * i], canvas.height / 2 - places[3 * i + 1]);
      }
      context.stroke();
    }
  }

  return { name: "canvas", draw, recolour: () => { known = colours(); } };
}

const draw = drawnOnce(() => {
  renderer.draw();
  find("count").textContent = `${shownLines()} of ${scene.lines}`;
  drawMarks();
});

// What is pointed at.

function drawMarks() {
  const canvas = find("marks"), context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (state.at === null) return;
  const { line, place } = state.at, places = placesOf();
  const pixel = (i) => [canvas.width / 2 + places[3 * i], canvas.height / 2 - places[3 * i + 1]];
  context.strokeStyle = scene.black ? "#fff" : "#000";
  context.lineWidth = 2 * devicePixelRatio;
  context.beginPath();
  for (let i = scene.starts[line]; i < scene.starts[line] + scene.lengths[line]; i++) context.lineTo(...pixel(i));
  context.stroke();
  context.beginPath();
  context.arc(...pixel(scene.starts[line] + place), 5 * devicePixelRatio, 0, 2 * Math.PI);
  context.stroke();
}

// The point that is nearest to a pixel; of several within NEAR the one nearest to the viewer.
function pointAt(x, y) {
  const { width, height } = find("picture"), places = placesOf(), near = NEAR * devicePixelRatio;
  const across = x - width / 2, up = height / 2 - y;
  let found = null;
  for (let line = 0; line < shownLines(); line++) {
    for (let place = 0; place < scene.lengths[line]; place++) {
      const i = 3 * (scene.starts[line] + place);
      const distance = Math.hypot(places[i] - across, places[i + 1] - up);
      if (distance > near) continue;
      // A pixel nearer to the mouse is worth as much as one nearer to the viewer.
      const rank = places[i + 2] * camera().scale - 4 * distance;
      if (found === null || rank > found.rank) found = { line, place, rank };
    }
  }
  return found;
}

function point(x, y) {
  state.at = pointAt(x, y);
  drawMarks();
  tell();
}

function tell() {
  const map = currentMap();
  find("map-name").textContent = map ? map.name : "value";
  if (state.at === null) {
    for (const name of ["line", "value", "mm"]) find(name).textContent = "";
    return;
  }
  const { line, place } = state.at, i = scene.starts[line] + place, whole = scene.whole(line);
  const number = Math.min(place * scene.step, whole - 1); // the last point is there in any case
  find("line").textContent = `${scene.numbers(line)}, point ${number} of ${whole}`;
  const value = map ? map.get(map.points ? i : line) : NaN;
  find("value").textContent = map ? told(map, value) : "";
  const digits = Math.min(6, Math.max(0, Math.ceil(-Math.log10(scene.unit))));
  const mm = Array.from(scene.positions.subarray(3 * i, 3 * i + 3), (part) => part.toFixed(digits));
  find("mm").textContent = `${mm.join(", ")} (${scene.space})`;
}

function told(map, value) {
  if (map.names.length) return map.names[value];
  return Number.isNaN(value) ? "no value" : written(value, map.single);
}

// What can be chosen.

function showMap(number) {
  state.map = number;
  renderer.recolour();
  tellColours();
  tell();
  draw();
}

function tellColours() {
  find("colours").replaceChildren();
  const map = currentMap(), height = Math.max(80, Math.min(320, find("stage").clientHeight));
  if (map && map.names.length) listGroups(map);
  else if (map) drawColourBar(find("colours"), map, null, height, scene.black ? "#ddd" : "#222");
}

function listGroups(map) {
  const most = 24, names = map.names.slice(1);
  for (const [number, name] of names.slice(0, most).entries()) {
    const row = element("div", find("colours"));
    row.textContent = name;
    row.style.color = `rgb(${colourOf(map, number + 1).join()})`;
  }
  if (names.length > most) element("div", find("colours")).textContent = `and ${names.length - most} more`;
}

function look(name) {
  state.rotation = scene.views[name].slice();
  state.pan = [0, 0];
  draw();
}

function home() {
  state.zoom = 1;
  look(scene.start);
}

function rotate(across, down) {
  state.rotation = multiply(turn(across, down), state.rotation);
  draw();
}

function zoom(factor) {
  state.zoom = limitedZoom(state.zoom * factor);
  draw();
}

function move(dx, dy) {
  const { scale } = camera();
  state.pan = [state.pan[0] + dx / scale, state.pan[1] - dy / scale];
  draw();
}

function fit() {
  fitStage(60);
  tellColours();
  draw();
}

function build() {
  listChoices(look);
  for (const plane of scene.planes) {
    const label = element("label", find("planes")), box = element("input", label, { type: "checkbox", checked: true, id: `plane-${plane.name}` });
    label.append(` ${plane.name} plane`);
    box.addEventListener("change", () => { plane.isShown = box.checked; draw(); });
  }
  find("map").value = state.map;
  find("map").addEventListener("change", () => showMap(Number(find("map").value)));
  find("share").addEventListener("input", () => { state.share = Number(find("share").value); state.at = null; tell(); draw(); });
  const keys = {};
  for (const [key, name] of Object.entries({ a: "anterior", p: "posterior", d: "dorsal", v: "ventral" })) keys[key] = () => look(name);
  listenToStage(find("marks"), { point, rotate, zoom, move, home }, keys);
  addEventListener("resize", fit);
}

// Positions of all points, mm: each is stored as what it differs from where the two before it lead to.
function unpackPositions(raw) {
  const { count, low, unit } = scene, steps = new Uint16Array(3 * count), m = 3 * count;
  for (let axis = 0; axis < 3; axis++) {
    let first = 0; // of the line before
    scene.starts.forEach((start, line) => {
      for (let place = 0; place < scene.lengths[line]; place++) {
        const i = start + place, p = axis * count + i, zigzag = raw[p] | (raw[m + p] << 8);
        const before = (back) => steps[3 * (i - back) + axis];
        const foretold = place === 0 ? first : place === 1 ? before(1) : 2 * before(1) - before(2);
        steps[3 * i + axis] = foretold + ((zigzag >>> 1) ^ -(zigzag & 1)); // modulo 65536
        if (place === 0) first = steps[3 * i + axis];
      }
    });
  }
  return Float32Array.from(steps, (number, n) => low[n % 3] + unit * number);
}

// Four bytes of each pixel of a plane, row by row.
async function unpackPlane(plane) {
  const raw = await inflate(plane.pixels), { parts } = plane, rgba = new Uint8Array(4 * plane.rows * plane.columns).fill(255);
  for (let pixel = 0; pixel < plane.rows * plane.columns; pixel++) {
    for (let part = 0; part < 3; part++) rgba[4 * pixel + part] = raw[parts * pixel + Math.min(part, parts - 1)];
  }
  Object.assign(plane, { rgba, isShown: true });
}

// The corners of all planes, as of points.
function cornersOfPlanes() {
  return scene.planes.flatMap(({ corner, across, down }) => [0, 1, 2, 3].flatMap((number) =>
    corner.map((part, axis) => part + (number & 1) * across[axis] + (number >> 1) * down[axis])));
}

function ballAround(positions) {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  positions.forEach((part, n) => {
    low[n % 3] = Math.min(low[n % 3], part);
    high[n % 3] = Math.max(high[n % 3], part);
  });
  const centre = low.map((least, axis) => (least + high[axis]) / 2);
  let radius = 0;
  for (let i = 0; i < positions.length; i += 3) {
    radius = Math.max(radius, Math.hypot(...centre.map((middle, axis) => positions[i + axis] - middle)));
  }
  return { centre, radius: radius || 1 };
}

async function start() {
  const lengths = await unpack(scene.lengths, scene.lines);
  scene.lengths = Uint32Array.from({ length: scene.lines }, (_, line) => lengths(line));
  let next = 0;
  scene.starts = scene.lengths.map((length) => (next += length) - length);
  scene.positions = unpackPositions(await inflate(scene.positions));
  for (const plane of scene.planes) await unpackPlane(plane);
  scene.ball = ballAround(scene.planes.length ? [...scene.positions, ...cornersOfPlanes()] : scene.positions);
  for (const name of ["numbers", "whole"]) scene[name] = await unpack(scene[name], scene.lines);
  for (const map of scene.maps) {
    map.get = await unpack(map.values, map.points ? scene.count : scene.lines);
    map.lut = bytesOf(map.lut);
  }
  state.rotation = scene.views[scene.start].slice();
  renderer = webglRenderer(find("picture")) ?? canvasRenderer(find("picture"));
  build();
  fit();
}

run(start, "tracts");
