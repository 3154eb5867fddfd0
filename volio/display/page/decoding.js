// Numbers and meshes of a page; packing.py and mesh_packing.py say how they are packed.

function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

// Bytes of a text: deflated, the first bytes of all numbers, then the second ones, ...
async function inflate(text) {
  const stream = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// A function from the places of n numbers to these.
async function unpack(channel, n) {
  const raw = await inflate(channel.data), size = channel.size;
  if (!channel.table && channel.step === undefined) {
    const bytes = new Uint8Array(n * size);
    for (let b = 0; b < size; b++) for (let i = 0; i < n; i++) bytes[i * size + b] = raw[b * n + i];
    const numbers = size === 4 ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
    return (i) => numbers[i];
  }
  // Ranks in a table of values, or numbers of steps, each as its zigzag difference from the one before.
  const ranks = size === 1 ? new Uint8Array(n) : new Uint16Array(n);
  for (let i = 0, last = 0; i < n; i++) {
    const zigzag = size === 1 ? raw[i] : raw[i] | (raw[n + i] << 8);
    last += (zigzag >>> 1) ^ -(zigzag & 1);
    ranks[i] = last;
    last = ranks[i];
  }
  if (channel.step !== undefined) {
    const get = (i) => (ranks[i] ? channel.low + (ranks[i] - 1) * channel.step : NaN);
    return Object.assign(get, { step: channel.step });
  }
  const table = new Float64Array(bytesOf(channel.table).buffer);
  return (i) => table[ranks[i]];
}

// { positions: x, y, z of each vertex, faces: three vertices of each }; a mesh without faces of its own
// has those that are given.
async function unpackMesh(mesh, others) {
  const faces = mesh.faces === null ? others : unpackFaces(await inflate(mesh.faces), mesh.triangles);
  const steps = unpackSteps(await inflate(mesh.positions), mesh.count, faces);
  const positions = new Float32Array(3 * mesh.count);
  for (let i = 0; i < positions.length; i++) positions[i] = mesh.low[i % 3] + mesh.step * steps[i];
  return { positions, faces };
}

function unpackFaces(raw, n) {
  const faces = new Uint32Array(3 * n), m = 3 * n;
  for (let column = 0, p = 0; column < 3; column++) {
    for (let i = 0, last = 0; i < n; i++, p++) {
      const zigzag = raw[p] | (raw[m + p] << 8) | (raw[2 * m + p] << 16) | (raw[3 * m + p] << 24);
      last += (zigzag >>> 1) ^ -(zigzag & 1);
      faces[3 * i + column] = last;
    }
  }
  return faces;
}

// The vertices before each vertex that it shares sides with: those of vertex i are
// `others` from start[i] to start[i + 1].
function verticesBefore(faces, n) {
  const start = new Uint32Array(n + 1), place = new Uint32Array(n), others = new Uint32Array(faces.length);
  const sides = (visit) => {
    for (let f = 0; f < faces.length; f += 3) {
      for (let c = 0; c < 3; c++) {
        const a = faces[f + c], b = faces[f + ((c + 1) % 3)];
        visit(Math.max(a, b), Math.min(a, b));
      }
    }
  };
  sides((vertex) => start[vertex + 1]++);
  for (let i = 0; i < n; i++) {
    start[i + 1] += start[i];
    place[i] = start[i];
  }
  sides((vertex, other) => { others[place[vertex]++] = other; });
  return { start, others };
}

function unpackSteps(raw, n, faces) {
  const { start, others } = verticesBefore(faces, n), steps = new Uint16Array(3 * n), m = 3 * n;
  for (let i = 0; i < n; i++) {
    const count = start[i + 1] - start[i];
    for (let axis = 0; axis < 3; axis++) {
      let foretold = i > 0 ? steps[3 * (i - 1) + axis] : 0;
      if (count > 0) {
        let sum = 0;
        for (let k = start[i]; k < start[i + 1]; k++) sum += steps[3 * others[k] + axis];
        foretold = Math.floor(sum / count + 0.5);
      }
      const p = axis * n + i, zigzag = raw[p] | (raw[m + p] << 8);
      steps[3 * i + axis] = foretold + ((zigzag >>> 1) ^ -(zigzag & 1)); // modulo 65536
    }
  }
  return steps;
}

// The fewest digits that mean the same number, in single precision where the numbers are.
function written(value, single) {
  for (let digits = 6; single && digits < 9 && Number.isFinite(value); digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

// A number that is rounded to steps, with the digits that tell one step from the next.
function writtenStep(value, step) {
  const digits = Math.ceil(Math.log10(Math.abs(value) / step)) + 1;
  return String(Number(value.toPrecision(Math.min(17, Math.max(1, digits)))));
}
