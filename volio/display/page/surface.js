// The page of surfaces: what is shown, and what the mouse, fingers and keys do. `scene` is written by
// surface_html.py.
const NO_MAP = { mode: "labels", get: [], rows: [] }; // what is below alone
const TOUCHING = 10; // mm that two hemispheres may overlap, before they are moved apart
const NEAR = 0.08; // of the radius of a surface
const SHADINGS = ["smooth", "flat", "none"];
const surfaces = scene.surfaces;
const isPair = surfaces.length === 2;
const state = {
  rotations: [], view: "", zoom: 1, pan: [0, 0],
  map: scene.shown, opacity: scene.opacity, outline: scene.outline, shading: scene.shading,
  apart: isPair, visible: surfaces.map(() => true), at: null,
};
let renderer = null;

const currentMap = () => scene.maps[state.map] ?? null;

// The parts of the picture, each with the surfaces in it, from where they are seen, and how large.
function viewports() {
  const { width, height } = find("picture"), shown = surfaces.filter((_, n) => state.visible[n]);
  if (!shown.length) return [];
  const parts = state.apart && shown.length === 2 ? shown.map((surface) => [surface]) : [shown];
  const balls = parts.map((part) => part.length > 1 ? scene.ball : part[0].ball);
  const wide = Math.floor(width / parts.length), radius = Math.max(...balls.map((ball) => ball.radius));
  const scale = (0.96 * state.zoom * Math.min(wide, height)) / (2 * radius);
  return parts.map((part, n) => ({
    surfaces: part, x: n * wide, width: wide, height, radius: balls[n].radius, centre: balls[n].centre,
    rotation: state.rotations[part.length > 1 ? 0 : part[0].number], scale,
    pan: state.pan.map((part) => part * scale),
  }));
}

const draw = drawnOnce(() => {
  const map = currentMap();
  renderer.draw(viewports(), {
    map, opacity: state.opacity, outline: state.outline, shading: state.shading, black: scene.black,
    hidden: map && hiddenShares(map),
  });
  drawMarks();
  tell();
});

// Captions, and a ring around the vertex that is pointed at.
function drawMarks() {
  const canvas = find("marks"), context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.font = `${Math.round(13 * devicePixelRatio)}px system-ui, sans-serif`;
  context.fillStyle = context.strokeStyle = scene.black ? "#fd4" : "#a50";
  for (const viewport of viewports()) {
    const name = viewport.surfaces.length === 1 ? viewport.surfaces[0].side : "";
    context.fillText(`${name} ${state.view}`.trim(), viewport.x + 6 * devicePixelRatio, viewport.height - 8 * devicePixelRatio);
    const { at } = state;
    if (at === null || !viewport.surfaces.includes(at.surface)) continue;
    const [x, y] = placeOf(at, viewport);
    const seen = vertexAt(x, y);
    if (seen === null || seen.surface !== at.surface || !isNear(seen, at)) continue; // it is on the far side
    context.beginPath();
    context.arc(x, y, 5 * devicePixelRatio, 0, 2 * Math.PI);
    context.stroke();
  }
}

// Whether two vertices are less than NEAR apart, as that of the face that is seen at one of them is.
function isNear(one, other) {
  const [a, b] = [one, other].map(({ surface, vertex }) => surface.positions.subarray(3 * vertex, 3 * vertex + 3));
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) < NEAR * one.surface.ball.radius;
}

function placeOf({ surface, vertex }, viewport) {
  const one = { positions: surface.positions.subarray(3 * vertex, 3 * vertex + 3), shift: surface.shift };
  const [x, y] = onScreen(one, viewport);
  return [viewport.x + viewport.width / 2 + viewport.pan[0] + x, viewport.height / 2 - viewport.pan[1] - y];
}

// The vertex nearest to what is seen at a pixel; null beside the surfaces.
function vertexAt(x, y) {
  let found = null;
  for (const viewport of viewports()) {
    if (x < viewport.x || x >= viewport.x + viewport.width) continue;
    const across = x - viewport.x - viewport.width / 2 - viewport.pan[0], up = viewport.height / 2 - viewport.pan[1] - y;
    for (const surface of viewport.surfaces) {
      const hit = faceAt(surface.faces, placesOf(surface, viewport), across, up);
      if (hit === null || (found !== null && hit.depth <= found.depth)) continue;
      found = { surface, vertex: surface.faces[3 * hit.face + nearestCorner(hit.shares)], depth: hit.depth };
    }
  }
  return found;
}

// Vertices in a picture, kept until it turns.
const kept = new Map();
function placesOf(surface, viewport) {
  const key = [...viewport.rotation, viewport.scale, ...viewport.centre].join();
  if (kept.get(surface.number)?.key !== key) kept.set(surface.number, { key, places: onScreen(surface, viewport) });
  return kept.get(surface.number).places;
}

// What is at a vertex.

function valueText(map, surface, vertex) {
  const get = map.get[surface.number];
  if (!get) return "no value";
  if (map.mode === "colours") return get.map((part) => part(vertex)).join(", ");
  const value = get(vertex);
  if (Number.isNaN(value)) return "no value";
  const name = map.mode === "labels" ? map.rows[surface.number].get(value)?.[1] : undefined;
  const text = get.step === undefined ? written(value, map.single) : writtenStep(value, get.step);
  return text + (name === undefined ? "" : `: ${name}`);
}

function tell() {
  const { at } = state, map = currentMap();
  find("map-name").textContent = map ? map.name : "value";
  if (at === null) {
    for (const name of ["vertex", "value", "mm"]) find(name).textContent = "";
    return;
  }
  const { surface, vertex } = at;
  const number = surface.indices ? surface.indices(vertex) : vertex;
  find("vertex").textContent = isPair ? `${number} ${surface.side}` : String(number);
  find("value").textContent = map ? valueText(map, surface, vertex) : "";
  const mm = Array.from(surface.positions.subarray(3 * vertex, 3 * vertex + 3), (part) => part.toFixed(surface.decimals));
  find("mm").textContent = `${mm.join(", ")} (${surface.space})`;
}

// Maps.

function showMap(number) {
  if (!scene.maps.length) return;
  state.map = (number + scene.maps.length) % scene.maps.length;
  find("map").value = state.map;
  renderer.setMap(currentMap());
  tellColours();
  draw();
}

const isMapped = (map) => map !== null && map.lut !== undefined;

function tellColours() {
  const map = currentMap();
  for (const each of document.querySelectorAll(".of-values")) each.hidden = !isMapped(map);
  for (const each of document.querySelectorAll(".of-labels")) each.hidden = !(map && (map.mode === "labels" || map.mode === "nearest"));
  find("of-map").hidden = map === null;
  if (isMapped(map)) {
    [find("low").value, find("high").value] = map.limits.map((limit) => Number(limit.toPrecision(7)));
    [find("hide-low").value, find("hide-high").value] = map.hidden ? map.hidden.map((end) => end ?? "") : ["", ""];
  }
  find("colours").replaceChildren();
  const height = Math.max(80, Math.min(320, find("stage").clientHeight));
  if (isMapped(map)) drawColourBar(find("colours"), map, hiddenShares(map), height, scene.black ? "#ddd" : "#222");
  if (map?.mode === "labels") listLabels(map);
}

function listLabels(map) {
  const names = new Map();
  for (const rows of map.rows) for (const [, name, colour] of rows.values()) names.set(name, colour);
  for (const [name, [red, green, blue, alpha]] of names) {
    const line = element("div", find("colours"));
    element("i", line).style.background = `rgba(${red}, ${green}, ${blue}, ${alpha / 255})`;
    element("span", line, { textContent: name });
  }
}

function setLimits(event) {
  const map = currentMap(), limits = map.limits.slice(), place = ["low", "high"].indexOf(event.target.id);
  if (place >= 0) limits[place] = event.target.valueAsNumber;
  if (limits[0] < limits[1]) map.limits = limits;
  const ends = ["hide-low", "hide-high"].map((name) => (find(name).value === "" ? null : find(name).valueAsNumber));
  map.hidden = ends[0] === null && ends[1] === null ? null : ends;
  showMap(state.map);
}

// From where.

function look(name) {
  if (!scene.views[name]) return;
  state.rotations = scene.views[name].map((rotation) => rotation.slice());
  Object.assign(state, { view: name, pan: [0, 0] });
  draw();
}

function home() {
  const isStart = (name) => String(scene.views[name]) === String(scene.start);
  state.rotations = scene.start.map((rotation) => rotation.slice());
  Object.assign(state, { view: Object.keys(scene.views).find(isStart) ?? "", zoom: 1, pan: [0, 0] });
  draw();
}

// Turn the surfaces in a part of the picture, and the other hemisphere as in a mirror.
function rotate(across, down, number = 0) {
  state.rotations = state.rotations.map((rotation, n) => {
    const own = state.apart && isPair ? n === number : true;
    return multiply(turn(own ? across : -across, down), rotation);
  });
  state.view = "";
  draw();
}

function zoom(factor) {
  state.zoom = limitedZoom(state.zoom * factor);
  draw();
}

function move(dx, dy) {
  const scale = viewports()[0]?.scale ?? 1;
  state.pan = [state.pan[0] + dx / scale, state.pan[1] - dy / scale];
  draw();
}

// The mouse, fingers and keys.

function point(x, y) {
  state.at = vertexAt(x, y);
  drawMarks();
  tell();
}

function listen() {
  const views = { l: "lateral", m: "medial", a: "anterior", p: "posterior", d: "dorsal", v: "ventral" };
  const keys = {
    "[": () => showMap(state.map - 1), "]": () => showMap(state.map + 1),
    s: () => setShading(SHADINGS[(SHADINGS.indexOf(state.shading) + 1) % SHADINGS.length]),
  };
  for (const [key, name] of Object.entries(views)) keys[key] = () => look(name);
  const rotateAt = (across, down, x) => {
    const part = viewports().find((each) => x < each.x + each.width) ?? viewports().at(-1);
    rotate(across, down, part?.surfaces[0].number);
  };
  listenToStage(find("marks"), { point, rotate: rotateAt, zoom, move, home }, keys);
  addEventListener("resize", fit);
}

function setShading(name) {
  state.shading = find("shading").value = name;
  draw();
}

function setApart(apart) {
  // Side by side the right hemisphere turns as in a mirror; together both turn as one.
  if (apart) state.rotations = [state.rotations[0], mirrored(state.rotations[0])];
  state.apart = apart;
  draw();
}

function build() {
  listChoices(look);
  for (const each of document.querySelectorAll(".of-two")) each.hidden = !isPair;
  find("map").addEventListener("change", () => showMap(Number(find("map").value)));
  find("opacity").value = state.opacity;
  find("opacity").addEventListener("input", () => { state.opacity = Number(find("opacity").value); draw(); });
  for (const name of ["low", "high", "hide-low", "hide-high"]) find(name).addEventListener("change", setLimits);
  find("outline").checked = state.outline;
  find("outline").addEventListener("change", () => { state.outline = find("outline").checked; draw(); });
  find("shading").value = state.shading;
  find("shading").addEventListener("change", () => setShading(find("shading").value));
  find("apart").checked = state.apart;
  find("apart").addEventListener("change", () => setApart(find("apart").checked));
  surfaces.forEach((_, n) => find(`side-${n}`).addEventListener("change", (event) => { state.visible[n] = event.target.checked; draw(); }));
}

// As large as the window allows with the values below in sight.
function fit() {
  const height = fitStage(30);
  find("colours").style.maxHeight = `${height}px`;
  tellColours();
  draw();
}

// Move hemispheres apart that are in each other, as inflated ones are, each in the middle of its own space.
function placeTogether() {
  const overlap = isPair ? surfaces[0].box.high[0] - surfaces[1].box.low[0] : 0;
  surfaces.forEach((surface) => { surface.shift = 0; });
  for (const surface of surfaces) surface.ball = ballAround([surface]);
  if (overlap > TOUCHING) {
    surfaces.forEach((surface, n) => { surface.shift = ((overlap + TOUCHING) / 2) * (n === 0 ? -1 : 1); });
  }
  scene.ball = ballAround(surfaces);
}

async function unpackSurface(surface, number) {
  const { positions, faces } = await unpackMesh(surface.mesh, surfaces[0].faces);
  const count = surface.mesh.count;
  Object.assign(surface, { number, positions, faces, count, normals: vertexNormals(positions, faces) });
  for (const name of ["gray", "alpha", "indices"]) if (surface[name]) surface[name] = await unpack(surface[name], count);
  surface.decimals = Math.min(6, Math.max(0, Math.ceil(-Math.log10(surface.mesh.step))));
  surface.box = boxOf(surface);
}

async function unpackMap(map) {
  map.get = await Promise.all(map.values.map(async (values, n) => {
    if (values === null) return null;
    if (Array.isArray(values)) return Promise.all(values.map((channel) => unpack(channel, surfaces[n].count)));
    return unpack(values, surfaces[n].count);
  }));
  if (map.lut) map.lut = bytesOf(map.lut);
  if (map.labels) map.rows = map.labels.map((rows) => new Map(rows.map((row, n) => [row[0], [...row, n]])));
}

async function start() {
  for (const [number, surface] of surfaces.entries()) await unpackSurface(surface, number);
  for (const map of scene.maps) await unpackMap(map);
  placeTogether();
  renderer = webglRenderer(find("picture"), surfaces, scene.light) ?? canvasRenderer(find("picture"), surfaces, scene.light);
  build();
  listen();
  renderer.setMap(currentMap() ?? NO_MAP);
  find("map").value = state.map;
  fit();
  home();
}

run(start, "surfaces");
