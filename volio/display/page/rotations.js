// Rotations of what is shown. Matrices have nine numbers, row by row: what is to the right of a picture, up,
// and to the viewer, in the axes of what is shown.

function multiply(a, b) {
  return a.map((_, n) => {
    const row = 3 * Math.floor(n / 3), column = n % 3;
    return a[row] * b[column] + a[row + 1] * b[3 + column] + a[row + 2] * b[6 + column];
  });
}

// The turn of a drag: `across` about what is up in the picture, `down` about what is to its right, radians.
function turn(across, down) {
  const [c, s] = [Math.cos(across), Math.sin(across)], [d, t] = [Math.cos(down), Math.sin(down)];
  return multiply([1, 0, 0, 0, d, -t, 0, t, d], [c, 0, s, 0, 1, 0, -s, 0, c]);
}

// The same rotation for the other hemisphere, as in a mirror between the two.
function mirrored(rotation) {
  return rotation.map((part, n) => ((n % 3 === 0) !== (n < 3) ? -part : part));
}
