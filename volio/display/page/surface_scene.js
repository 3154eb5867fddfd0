// What a page of surfaces shows, without anything that draws: meshes, colours, picking.

// Unit normals of vertices, those of their faces weighted by area.
function vertexNormals(positions, faces) {
  const normals = new Float32Array(positions.length);
  for (let f = 0; f < faces.length; f += 3) {
    const [a, b, c] = [3 * faces[f], 3 * faces[f + 1], 3 * faces[f + 2]];
    const cross = faceNormal(positions, a, b, c);
    for (const vertex of [a, b, c]) for (let axis = 0; axis < 3; axis++) normals[vertex + axis] += cross[axis];
  }
  for (let i = 0; i < normals.length; i += 3) {
    const length = Math.hypot(normals[i], normals[i + 1], normals[i + 2]) || 1;
    for (let axis = 0; axis < 3; axis++) normals[i + axis] /= length;
  }
  return normals;
}

// The normal of a face, of any length, by the places of its corners in `positions`.
function faceNormal(positions, a, b, c) {
  const u = [0, 1, 2].map((axis) => positions[b + axis] - positions[a + axis]);
  const v = [0, 1, 2].map((axis) => positions[c + axis] - positions[a + axis]);
  return [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
}

// The box around the vertices that faces have: lowest and highest x, y, z.
function boxOf({ positions, faces }) {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (const vertex of faces) {
    for (let axis = 0; axis < 3; axis++) {
      low[axis] = Math.min(low[axis], positions[3 * vertex + axis]);
      high[axis] = Math.max(high[axis], positions[3 * vertex + axis]);
    }
  }
  return { low, high };
}

// The middle of some boxes, and how far the farthest vertex is from it.
function ballAround(surfaces) {
  const low = [0, 1, 2].map((axis) => Math.min(...surfaces.map(({ box, shift }) => box.low[axis] + (axis ? 0 : shift))));
  const high = [0, 1, 2].map((axis) => Math.max(...surfaces.map(({ box, shift }) => box.high[axis] + (axis ? 0 : shift))));
  const centre = low.map((least, axis) => (least + high[axis]) / 2);
  let radius = 0;
  for (const { positions, faces, shift } of surfaces) {
    for (const vertex of faces) {
      const i = 3 * vertex;
      radius = Math.max(radius, Math.hypot(positions[i] + shift - centre[0], positions[i + 1] - centre[1], positions[i + 2] - centre[2]));
    }
  }
  return { centre, radius: radius || 1 };
}

// Where vertices are in a picture: x to the right and y up, pixels from its middle, z to the viewer, mm.
function onScreen({ positions, shift }, { rotation: r, centre, scale }) {
  const places = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    const x = positions[i] + shift - centre[0], y = positions[i + 1] - centre[1], z = positions[i + 2] - centre[2];
    places[i] = scale * (r[0] * x + r[1] * y + r[2] * z);
    places[i + 1] = scale * (r[3] * x + r[4] * y + r[5] * z);
    places[i + 2] = r[6] * x + r[7] * y + r[8] * z;
  }
  return places;
}

// The face that is seen at x, y of a picture, and the shares of its corners; null where there is none.
function faceAt(faces, places, x, y) {
  let found = null;
  for (let f = 0; f < faces.length; f += 3) {
    const a = 3 * faces[f], b = 3 * faces[f + 1], c = 3 * faces[f + 2];
    const ax = places[a] - x, bx = places[b] - x, cx = places[c] - x;
    if ((ax > 0 && bx > 0 && cx > 0) || (ax < 0 && bx < 0 && cx < 0)) continue;
    const ay = places[a + 1] - y, by = places[b + 1] - y, cy = places[c + 1] - y;
    if ((ay > 0 && by > 0 && cy > 0) || (ay < 0 && by < 0 && cy < 0)) continue;
    const u = bx * cy - by * cx, v = cx * ay - cy * ax, w = ax * by - ay * bx, area = u + v + w;
    if (area === 0 || u * area < 0 || v * area < 0 || w * area < 0) continue;
    const depth = (u * places[a + 2] + v * places[b + 2] + w * places[c + 2]) / area;
    if (found === null || depth > found.depth) found = { face: f / 3, shares: [u / area, v / area, w / area], depth };
  }
  return found;
}

// The corner, 0 to 2, of the largest share.
function nearestCorner([a, b, c]) {
  return a >= b && a >= c ? 0 : b >= c ? 1 : 2;
}

// Values of a map at the vertices of a surface, as shares between its limits: NaN where there is none.
function sharesOf(map, surface) {
  const shares = new Float32Array(surface.count).fill(NaN), get = map.get[surface.number];
  if (!get || map.mode === "colours" || map.mode === "labels") return shares;
  const [low, high] = map.limits;
  for (let i = 0; i < surface.count; i++) shares[i] = (get(i) - low) / (high - low);
  return shares;
}

// Colours of the vertices of a surface, four bytes each, where a map has such: of labels, or stored ones.
function vertexColours(map, surface) {
  const colours = new Uint8Array(4 * surface.count), get = map.get[surface.number];
  if (!get) return colours;
  for (let i = 0; i < surface.count; i++) {
    if (map.mode === "colours") for (let part = 0; part < 4; part++) colours[4 * i + part] = get[part](i);
    else if (map.mode === "labels") colours.set(map.rows[surface.number].get(get(i))?.[2] ?? [0, 0, 0, 0], 4 * i);
  }
  return colours;
}

// Whether a face is inside of a label, so that no border goes through it: all corners have one key.
function isInside(surface, corners, map) {
  const get = map.get[surface.number];
  if (!get || (map.mode !== "labels" && map.mode !== "nearest")) return false;
  return get(corners[0]) === get(corners[1]) && get(corners[0]) === get(corners[2]);
}

// What is hidden of a map, as shares between its limits; an end that is null is at infinity.
function hiddenShares({ hidden, limits }) {
  if (!hidden) return null;
  const [low, high] = limits;
  return [hidden[0] ?? -Infinity, hidden[1] ?? Infinity].map((value) => (value - low) / (high - low));
}

const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
const screen = (light) => (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
