// Pictures of surfaces by WebGL 2. All numbers are in textures, and a triangle is drawn from the corners of
// its face alone, so that a point knows its three vertices, and how near it is to each.
const WIDE = 2048; // of every texture

const VERTEX_SHADER = `#version 300 es
precision highp float; precision highp int; precision highp sampler2D; precision highp usampler2D;
uniform usampler2D faces;
uniform sampler2D positions, normals;
uniform mat3 rotation;
uniform vec3 centre;
uniform vec2 scale, middle;
uniform float shift, depth;
flat out ivec3 corners;
out vec3 weights, normal, place;
ivec2 at(int n) { return ivec2(n % ${WIDE}, n / ${WIDE}); }
void main() {
  int corner = gl_VertexID % 3;
  corners = ivec3(texelFetch(faces, at(gl_VertexID / 3), 0).xyz);
  weights = vec3(corner == 0, corner == 1, corner == 2);
  int vertex = corner == 0 ? corners.x : corner == 1 ? corners.y : corners.z;
  vec3 position = texelFetch(positions, at(vertex), 0).xyz;
  place = rotation * (position + vec3(shift, 0, 0) - centre);
  normal = rotation * texelFetch(normals, at(vertex), 0).xyz;
  gl_Position = vec4(place.xy * scale + middle, -place.z / depth, 1);
}`;

const FRAGMENT_SHADER = `#version 300 es
precision highp float; precision highp int; precision highp sampler2D;
uniform sampler2D values, colours, ramp;
uniform int mode, shading;
uniform bool hides, outline;
uniform vec2 hidden, light;
uniform float opacity, gamma;
flat in ivec3 corners;
in vec3 weights, normal, place;
out vec4 seen;
ivec2 at(int n) { return ivec2(n % ${WIDE}, n / ${WIDE}); }
vec4 value(int vertex) { return texelFetch(values, at(vertex), 0); } // share, whether there is one, gray, alpha
vec4 colour(int vertex) { return texelFetch(colours, at(vertex), 0); }
vec3 linear(vec3 part) { return mix(part / 12.92, pow((part + 0.055) / 1.055, vec3(2.4)), greaterThan(part, vec3(0.04045))); }
vec3 screen(vec3 part) { return mix(12.92 * part, 1.055 * pow(part, vec3(1.0 / 2.4)) - 0.055, greaterThan(part, vec3(0.0031308))); }
vec4 mapped(float share) {
  if (hides && share > hidden.x && share < hidden.y) return vec4(0);
  return texelFetch(ramp, ivec2(min(255, int(pow(clamp(share, 0.0, 1.0), gamma) * 256.0)), 0), 0);
}
void main() {
  vec3 w = max(weights, 0.0);
  w /= w.x + w.y + w.z;
  int nearest = w.x >= w.y && w.x >= w.z ? 0 : w.y >= w.z ? 1 : 2;
  vec4 a = value(corners.x), b = value(corners.y), c = value(corners.z);
  vec4 own = nearest == 0 ? a : nearest == 1 ? b : c;
  int vertex = nearest == 0 ? corners.x : nearest == 1 ? corners.y : corners.z;
  vec4 above = vec4(0);
  if (mode == 1 && own.y > 0.5) {
    vec3 known = w * vec3(a.y, b.y, c.y);
    above = mapped(dot(known, vec3(a.x, b.x, c.x)) / (known.x + known.y + known.z));
  } else if (mode == 2 && own.y > 0.5) {
    above = mapped(own.x);
  } else if (mode == 3) {
    above = colour(vertex);
  } else if (mode == 4) {
    above = w.x * colour(corners.x) + w.y * colour(corners.y) + w.z * colour(corners.z);
  }
  if (outline && mode == 2 && a.xy == b.xy && a.xy == c.xy) above.a = 0.0;
  if (outline && mode == 3 && a.x == b.x && a.x == c.x) above.a = 0.0;
  vec3 gray = vec3(dot(w, vec3(a.z, b.z, c.z)));
  vec3 part = mix(gray, above.rgb, above.a * opacity * dot(w, vec3(a.w, b.w, c.w)));
  if (shading > 0) {
    vec3 facing = shading == 1 ? cross(dFdx(place), dFdy(place)) : normal;
    float cosine = abs(facing.z) / max(length(facing), 1e-20);
    part = screen(min(linear(part) * (light.x + light.y * cosine), 1.0));
  }
  seen = vec4(part, 1);
}`;

const MODES = { between: 1, nearest: 2, labels: 3, colours: 4 };
const SHADES = { none: 0, flat: 1, smooth: 2 };

// A renderer, or null where the browser has no WebGL 2.
function webglRenderer(canvas, surfaces, light) {
  const gl = canvas.getContext("webgl2", { antialias: true, preserveDrawingBuffer: true });
  if (!gl) return null;
  const program = linked(gl);
  const uniforms = new Map();
  const at = (name) => {
    if (!uniforms.has(name)) uniforms.set(name, gl.getUniformLocation(program, name));
    return uniforms.get(name);
  };
  const textures = surfaces.map((surface) => ({
    faces: texture(gl, surface.faces, 3, gl.RGB32UI, gl.RGB_INTEGER, gl.UNSIGNED_INT),
    positions: texture(gl, surface.positions, 3, gl.RGB32F, gl.RGB, gl.FLOAT),
    normals: texture(gl, surface.normals, 3, gl.RGB32F, gl.RGB, gl.FLOAT),
  }));
  const ramp = gl.createTexture();
  gl.useProgram(program);
  gl.enable(gl.DEPTH_TEST);
  gl.enable(gl.SCISSOR_TEST);
  ["faces", "positions", "normals", "values", "colours", "ramp"].forEach((name, unit) => gl.uniform1i(at(name), unit));

  function setMap(map) {
    surfaces.forEach((surface, n) => {
      for (const name of ["values", "colours"]) gl.deleteTexture(textures[n][name] ?? null);
      textures[n].values = texture(gl, vertexNumbers(map, surface), 4, gl.RGBA32F, gl.RGBA, gl.FLOAT);
      textures[n].colours = texture(gl, vertexColours(map, surface), 4, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE);
    });
    if (map.lut) upload(gl, ramp, map.lut, 256, 1, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE);
  }

  function draw(viewports, style) {
    const { map } = style, back = style.black ? 0 : 1;
    gl.clearColor(back, back, back, 1);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.scissor(0, 0, canvas.width, canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.uniform1i(at("mode"), map ? MODES[map.mode] : 0);
    gl.uniform1i(at("shading"), SHADES[style.shading]);
    gl.uniform1i(at("outline"), style.outline ? 1 : 0);
    gl.uniform1i(at("hides"), style.hidden ? 1 : 0);
    gl.uniform2fv(at("hidden"), (style.hidden ?? [0, 0]).map((share) => Math.min(3e38, Math.max(-3e38, share))));
    gl.uniform2fv(at("light"), light);
    gl.uniform1f(at("opacity"), style.opacity);
    gl.uniform1f(at("gamma"), map?.gamma ?? 1);
    viewports.forEach((viewport) => drawViewport(viewport));
  }

  function drawViewport({ x, width, height, rotation, centre, radius, scale, pan, surfaces: shown }) {
    gl.viewport(x, 0, width, height);
    gl.scissor(x, 0, width, height);
    // Matrices of WebGL are read column by column: transposed, ours are.
    gl.uniformMatrix3fv(at("rotation"), true, rotation);
    gl.uniform3fv(at("centre"), centre);
    gl.uniform2f(at("scale"), (2 * scale) / width, (2 * scale) / height);
    gl.uniform2f(at("middle"), (2 * pan[0]) / width, (2 * pan[1]) / height);
    gl.uniform1f(at("depth"), 1.01 * radius);
    for (const surface of shown) {
      gl.uniform1f(at("shift"), surface.shift);
      const { faces, positions, normals, values, colours } = textures[surface.number];
      [faces, positions, normals, values, colours, ramp].forEach((each, unit) => {
        gl.activeTexture(gl.TEXTURE0 + unit);
        gl.bindTexture(gl.TEXTURE_2D, each);
      });
      gl.drawArrays(gl.TRIANGLES, 0, surface.faces.length);
    }
  }

  return { name: "webgl", setMap, draw };
}

// Of each vertex: the share of its value between the limits or the number of its label, whether there is
// one, the gray below, and how opaque it is.
function vertexNumbers(map, surface) {
  const numbers = new Float32Array(4 * surface.count), shares = sharesOf(map, surface), get = map.get[surface.number];
  for (let i = 0; i < surface.count; i++) {
    const isKnown = !Number.isNaN(shares[i]);
    numbers[4 * i] = isKnown ? shares[i] : map.mode === "labels" && get ? map.rows[surface.number].get(get(i))?.[3] ?? -1 : 0;
    numbers[4 * i + 1] = isKnown ? 1 : 0;
    numbers[4 * i + 2] = surface.gray(i) / 255;
    numbers[4 * i + 3] = surface.alpha ? surface.alpha(i) / 255 : 1;
  }
  return numbers;
}

function linked(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX_SHADER], [gl.FRAGMENT_SHADER, FRAGMENT_SHADER]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}

// A texture of so many numbers for each place, in rows of WIDE places.
function texture(gl, numbers, size, inside, format, type) {
  const rows = Math.max(1, Math.ceil(numbers.length / (size * WIDE)));
  const padded = new numbers.constructor(size * WIDE * rows);
  padded.set(numbers);
  const made = gl.createTexture();
  upload(gl, made, padded, WIDE, rows, inside, format, type);
  return made;
}

function upload(gl, target, numbers, width, height, inside, format, type) {
  gl.activeTexture(gl.TEXTURE0);
  gl.bindTexture(gl.TEXTURE_2D, target);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.texImage2D(gl.TEXTURE_2D, 0, inside, width, height, 0, format, type, numbers);
  for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
}
