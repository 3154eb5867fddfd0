// Lines of contours in a slice: of numbers by marching squares (a slice holds w times h of them, rows
// upwards), of a surface by cutting its triangles.
const CORNERS = [[0, 0], [1, 0], [1, 1], [0, 1]]; // of a cell, around it

// Where the line at a level crosses a cell: pairs of points.
function crossings(values, level) {
  const points = [];
  for (let n = 0; n < 4; n++) {
    const m = (n + 1) % 4, first = values[n], second = values[m];
    if (first > level === second > level) continue;
    const share = (level - first) / (second - first), [x, y] = CORNERS[n];
    points.push([x + share * (CORNERS[m][0] - x), y + share * (CORNERS[m][1] - y)]);
  }
  if (points.length < 4) return points;
  // A saddle: its middle tells which two corners are cut off.
  const middle = (values[0] + values[1] + values[2] + values[3]) / 4;
  if (middle > level !== values[0] > level) points.unshift(points.pop());
  return points;
}

// Go through the cells, with those of the border, where there are no numbers.
function cells(slice, w, h, visit) {
  const at = (x, y) => (x < 0 || y < 0 || x >= w || y >= h ? NaN : slice[y * w + x]);
  for (let y = -1; y < h; y++) {
    for (let x = -1; x < w; x++) visit(x, y, [at(x, y), at(x + 1, y), at(x + 1, y + 1), at(x, y + 1)]);
  }
}

// Call `line(number of the colour, x0, y0, x1, y1)` for each piece.
function outline(contours, slice, w, h, line) {
  const draw = (number, x, y, points) => {
    for (let n = 0; n < points.length; n += 2) {
      line(number, x + points[n][0], y + points[n][1], x + points[n + 1][0], y + points[n + 1][1]);
    }
  };
  const lowest = contours.outside ?? 0; // what counts where there is no number
  if (slice.every((value) => Number.isNaN(value) || value === lowest)) return;
  cells(slice, w, h, (x, y, corners) => {
    if (contours.levels) {
      contours.levels.forEach((level, number) => {
        const outside = level === lowest ? level - 1 : lowest;
        draw(number, x, y, crossings(corners.map((value) => (Number.isNaN(value) ? outside : value)), level));
      });
      return;
    }
    const regions = corners.map((value) => value || 0); // NaN is 0
    if (regions.every((region) => region === regions[0])) return;
    for (const region of new Set(regions)) {
      if (region) draw(region - 1, x, y, crossings(regions.map((value) => Number(value === region)), 0.5));
    }
  });
}

// Call `line(x0, y0, x1, y1)` for each piece in which a mesh crosses the plane at `height` along an axis.
function cut({ positions, faces }, across, up, through, height, line) {
  const above = (corner) => positions[3 * corner + through] >= height;
  const crossing = (tip, other) => {
    // From the lower number to the higher, so that both triangles of a side meet in one point.
    const a = 3 * Math.min(tip, other), b = 3 * Math.max(tip, other);
    const first = positions[a + through] - height, share = first / (first - (positions[b + through] - height));
    return [across, up].map((axis) => positions[a + axis] + share * (positions[b + axis] - positions[a + axis]));
  };
  for (let f = 0; f < faces.length; f += 3) {
    const sides = [above(faces[f]), above(faces[f + 1]), above(faces[f + 2])];
    const count = sides[0] + sides[1] + sides[2];
    if (count === 0 || count === 3) continue;
    const tip = sides.indexOf(count === 1); // alone on its side of the plane
    const [first, second] = [1, 2].map((step) => crossing(faces[f + tip], faces[f + ((tip + step) % 3)]));
    line(...first, ...second);
  }
}

function drawCut(contours, across, up, through, height, place, target) {
  const path = new Path2D();
  cut(contours.mesh, across, up, through, height, (x0, y0, x1, y1) => {
    path.moveTo(...place(x0, y0));
    path.lineTo(...place(x1, y1));
  });
  strokePaths(contours, [[0, path]], target);
}

// Draw contours onto a context; `place(x, y)` is the pixel of a column and a row.
function drawContours(contours, slice, w, h, place, target) {
  const paths = new Map(), count = contours.colors.length;
  outline(contours, slice, w, h, (number, x0, y0, x1, y1) => {
    const colour = ((number % count) + count) % count;
    if (!paths.has(colour)) paths.set(colour, new Path2D());
    paths.get(colour).moveTo(...place(x0, y0));
    paths.get(colour).lineTo(...place(x1, y1));
  });
  strokePaths(contours, paths, target);
}

function strokePaths(contours, paths, target) {
  target.save();
  target.lineWidth = contours.width * devicePixelRatio;
  target.lineCap = "round";
  for (const [colour, path] of paths) {
    const [red, green, blue, alpha] = contours.colors[colour];
    target.strokeStyle = `rgba(${[red, green, blue].map((part) => 255 * part)}, ${alpha * contours.opacity})`;
    target.stroke(path);
  }
  target.restore();
}
