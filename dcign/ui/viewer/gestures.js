/* Fingers, mouse, wheel and keys on the canvas become turns.
 *
 *   listenToGestures(canvas, {begin, turn, light, zoom, step, reset, play, end});
 *
 * turn(dx, dy), light(dx): movements in shares of the picture's width. zoom(factor, x, y): x, y likewise;
 * returns whether it changed anything. step(right, up, withShift): one press of an arrow key. begin() before and
 * end() after a gesture. */
const listenToGestures = (canvas, act) => {
  const DECIDE = 8;            // pixels after which two fingers are either a pinch or a move
  const DOUBLE_TAP = 300;      // ms
  const fingers = new Map();   // pointerId -> {x, y}
  let two = null, moved = false, tapped = 0;

  const size = () => canvas.parentElement.getBoundingClientRect();
  const share = (x, y) => {
    const box = size();
    return [(x - box.left) / box.width, (y - box.top) / box.height];
  };
  const pair = () => {
    const [a, b] = [...fingers.values()];
    return {x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y))};
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    canvas.focus({preventScroll: true});
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, {x: event.clientX, y: event.clientY});
    if (fingers.size === 1) { moved = false; act.begin(); }
    two = fingers.size === 2 ? {...pair(), start: pair(), kind: ""} : null;
    event.preventDefault();
  });

  canvas.addEventListener("pointermove", (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    const width = size().width;
    const dx = (event.clientX - finger.x) / width, dy = (event.clientY - finger.y) / width;
    if (Math.hypot(dx, dy) * width > 3) moved = true;
    if (fingers.size > 2) return;
    if (!two && !moved) return;          // a click that trembles turns nothing
    finger.x = event.clientX;
    finger.y = event.clientY;
    if (!two) {
      if (event.shiftKey) act.light(dx); else act.turn(dx, dy);
      return;
    }
    const now = pair();
    if (!two.kind) {
      const pinched = Math.abs(now.apart - two.start.apart);
      const shifted = Math.hypot(now.x - two.start.x, now.y - two.start.y);
      if (Math.max(pinched, shifted) > DECIDE) two.kind = pinched > shifted ? "pinch" : "light";
    }
    if (two.kind === "light") act.light((now.x - two.x) / width);
    if (two.kind === "pinch") act.zoom(now.apart / two.apart, ...share(now.x, now.y));
    Object.assign(two, now);
  });

  const lift = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    const wasTwo = two !== null;
    two = fingers.size === 2 ? {...pair(), start: pair(), kind: ""} : null;
    if (fingers.size) { moved = moved || wasTwo; return; }
    act.end();
    if (event.pointerType === "mouse" || moved || event.type !== "pointerup") return;
    if (event.timeStamp - tapped < DOUBLE_TAP) { tapped = 0; act.reset(); } else tapped = event.timeStamp;
  };
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(type, lift);

  canvas.addEventListener("dblclick", () => act.reset());
  canvas.addEventListener("wheel", (event) => {
    const step = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    // At its smallest the picture lets the wheel go on to scroll the page; a pinch on a trackpad, which comes as a wheel with
    // Control, never zooms the page.
    const changed = act.zoom(Math.exp(-step * 0.0015), ...share(event.clientX, event.clientY));
    if (changed || step < 0 || event.ctrlKey) event.preventDefault();
  }, {passive: false});

  const KEYS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = KEYS[event.key];
    if (step) act.step(...step, event.shiftKey);
    else if (event.key === "Home") act.reset();
    else if (event.key === " ") act.play();
    else if (event.key === "+" || event.key === "=") act.zoom(1.25, 0.5, 0.5);
    else if (event.key === "-") act.zoom(0.8, 0.5, 0.5);
    else return;
    event.preventDefault();
  });
};
