// Pictures of surfaces without WebGL: the same colours and light, point by point, into a 2D canvas.

function canvasRenderer(canvas, surfaces, light) {
  const context = canvas.getContext("2d");
  const painted = surfaces.map(() => ({}));

  function setMap(map) {
    surfaces.forEach((surface, n) => {
      painted[n] = { shares: sharesOf(map, surface), colours: vertexColours(map, surface) };
    });
  }

  // The colour of a point of a face, 0 to 1, below and above over each other.
  function colourOf(surface, corners, weights, style, out) {
    const { shares, colours } = painted[surface.number], { map } = style;
    const nearest = corners[nearestCorner(weights)];
    const mix = (get) => weights[0] * get(corners[0]) + weights[1] * get(corners[1]) + weights[2] * get(corners[2]);
    const gray = mix(surface.gray) / 255;
    out[0] = out[1] = out[2] = gray;
    if (!map) return;
    let colour = null, alpha = style.opacity * (surface.alpha ? mix(surface.alpha) / 255 : 1);
    if (map.mode === "labels" || map.mode === "colours") {
      const part = (n) => (map.mode === "labels" ? colours[4 * nearest + n] : mix((vertex) => colours[4 * vertex + n])) / 255;
      colour = [part(0), part(1), part(2)];
      alpha *= part(3);
    } else {
      const share = map.mode === "nearest" ? shares[nearest] : between(shares, corners, weights, nearest);
      const { hidden } = style;
      if (Number.isNaN(share) || (hidden && share > hidden[0] && share < hidden[1])) return;
      const entry = 4 * Math.min(255, Math.floor(Math.min(1, Math.max(0, share)) ** map.gamma * 256));
      colour = [map.lut[entry] / 255, map.lut[entry + 1] / 255, map.lut[entry + 2] / 255];
      alpha *= map.lut[entry + 3] / 255;
    }
    if (style.outline && isInside(surface, corners, map)) return;
    for (let n = 0; n < 3; n++) out[n] += alpha * (colour[n] - out[n]);
  }

  function between(shares, corners, weights, nearest) {
    if (Number.isNaN(shares[nearest])) return NaN;
    let sum = 0, total = 0;
    for (let n = 0; n < 3; n++) {
      if (Number.isNaN(shares[corners[n]])) continue;
      sum += weights[n] * shares[corners[n]];
      total += weights[n];
    }
    return sum / total;
  }

  function draw(viewports, style) {
    const { width, height } = canvas, picture = context.createImageData(width, height);
    for (let p = 3; p < picture.data.length; p += 4) picture.data[p] = 255;
    if (!style.black) picture.data.fill(255);
    const depths = new Float32Array(width * height).fill(-Infinity);
    for (const viewport of viewports) {
      for (const surface of viewport.surfaces) fill(picture, depths, surface, viewport, style);
    }
    context.putImageData(picture, 0, 0);
  }

  function fill(picture, depths, surface, viewport, style) {
    const { faces, positions, normals } = surface, places = onScreen(surface, viewport);
    const [left, right] = [viewport.x, viewport.x + viewport.width], middle = [viewport.x + viewport.width / 2 + viewport.pan[0], viewport.height / 2 - viewport.pan[1]];
    const toViewer = viewport.rotation.slice(6), out = [0, 0, 0];
    for (let f = 0; f < faces.length; f += 3) {
      const corners = [faces[f], faces[f + 1], faces[f + 2]];
      const x = corners.map((vertex) => middle[0] + places[3 * vertex]), y = corners.map((vertex) => middle[1] - places[3 * vertex + 1]);
      const area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]);
      if (area === 0) continue;
      const first = Math.max(left, Math.ceil(Math.min(...x) - 0.5)), last = Math.min(right - 1, Math.floor(Math.max(...x) - 0.5));
      const top = Math.max(0, Math.ceil(Math.min(...y) - 0.5)), bottom = Math.min(picture.height - 1, Math.floor(Math.max(...y) - 0.5));
      let flat = null;
      for (let row = top; row <= bottom; row++) {
        for (let column = first; column <= last; column++) {
          const px = column + 0.5, py = row + 0.5;
          const u = ((x[1] - px) * (y[2] - py) - (x[2] - px) * (y[1] - py)) / area;
          const v = ((x[2] - px) * (y[0] - py) - (x[0] - px) * (y[2] - py)) / area, w = 1 - u - v;
          if (u < 0 || v < 0 || w < 0) continue;
          const weights = [u, v, w], place = row * picture.width + column;
          const depth = u * places[3 * corners[0] + 2] + v * places[3 * corners[1] + 2] + w * places[3 * corners[2] + 2];
          if (depth <= depths[place]) continue;
          depths[place] = depth;
          colourOf(surface, corners, weights, style, out);
          if (style.shading !== "none") {
            flat ??= faceNormal(positions, ...corners.map((vertex) => 3 * vertex));
            const normal = style.shading === "flat" ? flat
              : [0, 1, 2].map((axis) => u * normals[3 * corners[0] + axis] + v * normals[3 * corners[1] + axis] + w * normals[3 * corners[2] + axis]);
            const facing = Math.abs(normal[0] * toViewer[0] + normal[1] * toViewer[1] + normal[2] * toViewer[2]) / (Math.hypot(...normal) || 1);
            for (let n = 0; n < 3; n++) out[n] = screen(Math.min(1, linear(out[n]) * (light[0] + light[1] * facing)));
          }
          for (let n = 0; n < 3; n++) picture.data[4 * place + n] = Math.round(255 * out[n]);
        }
      }
    }
  }

  return { name: "canvas", setMap, draw };
}
