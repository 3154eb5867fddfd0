"use strict";
// What every page has: its scene, which the module of the page writes, and the elements by their names.
const scene = JSON.parse(document.getElementById("scene").textContent);
const find = (id) => document.getElementById(id);

// A function that draws at the next frame, once, however often it is called before that.
function drawnOnce(render) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      render();
    });
  };
}

// Run what unpacks and builds the page; say when all is drawn, or that it cannot be.
async function run(start, what) {
  try {
    await start();
    requestAnimationFrame(() => requestAnimationFrame(() => { document.body.dataset.ready = "yes"; }));
  } catch (error) {
    find("trouble").textContent = `The ${what} of this page cannot be shown: ${error}. A browser of 2023 or later is needed.`;
    throw error;
  }
}
