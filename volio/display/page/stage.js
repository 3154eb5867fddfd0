// What the mouse, fingers and keys do to a picture that turns. `act` has what follows, with lengths in pixels
// of the canvas: point(x, y), rotate(across, down, x) by radians, zoom(factor), move(dx, dy) and home(). `keys`
// has what further keys do.
const STEP = Math.PI / 12; // of an arrow

function listenToStage(canvas, act, keys) {
  const pointers = new Map();

  const pixelOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top].map((length) => length * devicePixelRatio);
  };

  function moved(event) {
    const last = pointers.get(event.pointerId), now = pixelOf(event);
    if (!last) {
      if (!event.buttons) act.point(...now);
      return;
    }
    const [dx, dy] = [now[0] - last[0], now[1] - last[1]];
    if (pointers.size === 2) {
      const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      const distance = (place) => Math.hypot(place[0] - other[0], place[1] - other[1]) || 1;
      act.zoom(distance(now) / distance(last));
      act.move(dx / 2, dy / 2);
    } else if (event.buttons === 2 || event.shiftKey) {
      act.move(dx, dy);
    } else {
      const size = Math.min(canvas.width, canvas.height) / Math.PI;
      act.rotate(dx / size, dy / size, now[0]);
    }
    pointers.set(event.pointerId, now);
  }

  function press(event) {
    if (/^(INPUT|SELECT)$/.test(event.target.tagName) || event.ctrlKey || event.altKey || event.metaKey) return;
    const turns = { ArrowRight: [STEP, 0], ArrowLeft: [-STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    const others = { "+": () => act.zoom(1.2), "=": () => act.zoom(1.2), "-": () => act.zoom(1 / 1.2), Home: act.home, ...keys };
    if (turns[event.key]) act.rotate(...turns[event.key], 0);
    else if (others[event.key]) others[event.key]();
    else return;
    event.preventDefault();
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, pixelOf(event));
    act.point(...pixelOf(event)); // a finger points where it touches
  });
  canvas.addEventListener("pointermove", moved);
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => pointers.delete(event.pointerId));
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("dblclick", () => act.home());
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    act.zoom(Math.exp(-event.deltaY / 500));
  }, { passive: false });
  addEventListener("keydown", press);
}

function element(kind, parent, properties = {}) {
  return parent.appendChild(Object.assign(document.createElement(kind), properties));
}

// List views, as buttons, and maps; colours of the page are those that the scene asks for.
function listChoices(look) {
  for (const name of Object.keys(scene.views)) {
    element("button", find("views"), { textContent: name, id: `view-${name}` }).addEventListener("click", () => look(name));
  }
  scene.maps.forEach((map, n) => element("option", find("map"), { value: n, textContent: map.name }));
  document.body.classList.toggle("white", !scene.black);
}

const limitedZoom = (zoom) => Math.min(50, Math.max(0.2, zoom));

// Make the canvases as large as the window allows with the values and views, and `more` pixels, below them and
// the colours to their right.
function fitStage(more) {
  const canvases = [find("picture"), find("marks")], beside = 128;
  const below = find("readout").getBoundingClientRect().height + find("views").getBoundingClientRect().height + more;
  const style = getComputedStyle(document.body);
  const top = canvases[0].getBoundingClientRect().top + scrollY;
  const height = Math.max(120, Math.floor(innerHeight - top - below));
  // Notes follow below, so a scrollbar may come with this height; it takes its room from the width.
  for (const canvas of canvases) canvas.style.height = `${height}px`;
  const inside = document.documentElement.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const width = Math.max(120, Math.floor(inside - beside));
  for (const canvas of canvases) {
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    Object.assign(canvas, { width: Math.round(width * devicePixelRatio), height: Math.round(height * devicePixelRatio) });
  }
  return height;
}

// The colours of values in a column, the highest up, with the values of the ends and of what is hidden.
function drawColourBar(parent, map, hidden, height, ink) {
  const bar = element("canvas", parent, { id: "bar" }), ratio = devicePixelRatio, width = 118;
  Object.assign(bar, { width: width * ratio, height: height * ratio });
  Object.assign(bar.style, { width: `${width}px`, height: `${height}px` });
  const context = bar.getContext("2d"), [low, high] = map.limits;
  context.scale(ratio, ratio);
  const top = 10, length = height - 2 * top;
  for (let row = 0; row < length; row++) {
    const share = 1 - (row + 0.5) / length;
    if (hidden && share > hidden[0] && share < hidden[1]) continue;
    const entry = 4 * Math.min(255, Math.floor(share ** (map.gamma ?? 1) * 256));
    context.fillStyle = `rgba(${[0, 1, 2].map((part) => map.lut[entry + part])}, ${map.lut[entry + 3] / 255})`;
    context.fillRect(4, top + row, 14, 1);
  }
  context.fillStyle = context.strokeStyle = ink;
  context.strokeRect(3.5, top - 0.5, 15, length + 1);
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "middle";
  const ends = (map.hidden ?? []).filter((end) => end !== null && end > low && end < high);
  for (const value of [low, high, ...ends]) {
    const y = top + (1 - (value - low) / (high - low)) * length;
    context.fillRect(18, y - 0.5, 4, 1);
    context.fillText(String(Number(value.toPrecision(4))), 25, y);
  }
}
