/* The viewer: sliders, canvas and motion share one set of angles; each change is asked for, each frame painted.
 *
 * Runs as js_on_load of the gr.HTML with the elem_id "view", after the other files of this folder. Its value is
 * JSON: {code, key, start, model, ranges, wider, moves, circular, frame, link, angles, chosen}. window.dcign lets the page's buttons take part. */
const FACTORS = ["azimuth", "elevation", "light"];
const root = element.querySelector(".viewer");
const find = (selector) => root.querySelector(selector);
const canvas = find("canvas"), playButton = find(".play"), ownButton = find(".own"), trouble = find(".trouble"), spoken = find(".spoken");

const GREETING = 25;     // seconds of automatic turning for a first visitor
const STEP = 3;          // degrees for one press of a key
const REST = 150;        // ms without a move after which a view is asked for once more, as fine as its picture
const FINE_WITHIN = 12;  // ms in which a fine frame must be drawn for all to be fine
let scene = {code: "", key: "", start: {}, ranges: {}, circular: []};
let angles = {azimuth: null, elevation: null, light: null};
let exact = {...angles};       // where a drag is, before rounding to whole degrees and to the range
let original = "", edits = 0, wide = false;    // the picture's own code; how often it was edited; beyond the ranges
let rest = 0, swift = false;   // whether the server draws fine frames as fast as the hand moves
let sequence = 0, greeted = false, speaking = 0, moving = false, problem = false;

const gizmo = createGizmo(find(".gizmo"));
let onCanvas = null;           // the values of the frame that is seen
const picture = createPicture(canvas, (detail) => {
  onCanvas = detail;
  gizmo.draw(detail);
  canvas.dispatchEvent(new CustomEvent("dcign:frame", {bubbles: true, detail}));
});
const basePath = new URL(window.gradio_config?.root || ".", location.href).pathname.replace(/\/$/, "");
const transport = createTransport({
  root: basePath,
  onFrame: ({sequence: number, azimuth, elevation, light, fine, milliseconds}, bytes) => {
    if (fine) swift = milliseconds <= FINE_WITHIN;
    if (problem) { problem = false; trouble.textContent = ""; }
    picture.show({azimuth, elevation, light, sequence: number}, new Blob([bytes], {type: "image/jpeg"}));
  },
  onState: (state, message) => {
    problem = state === "problem";
    if (!problem) root.dataset.transport = state;
    trouble.textContent = message;
    trouble.classList.remove("calm");
  },
});
const remark = (message) => {
  if (root.dataset.transport === "lost") return;
  trouble.textContent = message;
  trouble.classList.add("calm");
  setTimeout(() => { if (trouble.textContent === message) trouble.textContent = ""; }, 3000);
};

/* ---- angles ---- */
const bounded = (name, value) => {
  const [low, high] = scene.ranges[name];
  if (!scene.circular.includes(name)) return Math.min(high, Math.max(low, value));
  const wrapped = ((value - low) % (high - low) + (high - low)) % (high - low) + low;
  return wrapped === low ? high : wrapped;
};
const apart = (name, a, b) => {
  const difference = Math.abs(a - b);
  return scene.circular.includes(name) ? Math.min(difference, 360 - difference) : difference;
};
const known = (name) => scene.ranges[name] !== undefined;

/* The picture itself is in what is shown, unless all is drawn instead: where its pixels do not move along, it would flash by in
 * the automatic turn. */
const ownPicture = () => ownButton.getAttribute("aria-pressed") === "true";
const offerOwnPicture = () => {
  const {picture: own, detail} = scene.code ? JSON.parse(scene.code) : {};
  ownButton.hidden = !own;
  scene.hasDetail = Boolean(own && detail);
};
const ask = (still = false) => {
  clearTimeout(rest);
  sequence += 1;
  const drawn = !ownPicture() || (motion.isPlaying() && !scene.moves);
  const fine = scene.hasDetail && !drawn && (still || swift);
  transport.ask({sequence, key: scene.key, code: scene.code, angles: {...angles}, drawn, fine});
  if (scene.hasDetail && !drawn && !fine) rest = setTimeout(() => ask(true), REST);
  if (!still) describe();
};
/* Go to these angles; the sliders follow unless they are where the change comes from. */
const move = (changes, fromSlider = false) => {
  if (!scene.code) return;
  let changed = false;
  for (const [name, value] of Object.entries(changes)) {
    if (!known(name) || !Number.isFinite(value) || angles[name] === value) continue;
    angles[name] = value;
    changed = true;
  }
  if (!changed) return;
  ask();
  if (!fromSlider) followWithSliders();
};
const within = (changes) => Object.fromEntries(
  Object.entries(changes).filter(([name]) => known(name)).map(([name, value]) => [name, bounded(name, value)]));
const motion = createMotion({
  scene: () => scene, angles: () => angles,
  move: (changes) => move(within(changes)),
  onPlaying: (playing) => {
    playButton.setAttribute("aria-pressed", String(playing));
    describe();
    if (!playing && scene.code && ownPicture() && !scene.moves) ask();   // the turn was drawn: back to the picture, if it is near
  },
});

/* ---- sliders ---- */
let following = false;         // we are setting them ourselves just now
let willFollow = 0;
const slider = (name) => document.querySelector(`#${name} input[type=range]`);
const followWithSliders = () => {
  if (willFollow) return;
  willFollow = requestAnimationFrame(() => {
    willFollow = 0;
    following = true;
    for (const name of FACTORS) {
      const input = slider(name);
      if (!input || angles[name] === null || Number(input.value) === angles[name]) continue;
      input.value = angles[name];
      // Gradio learns the value from this event, so that the other panels get it too.
      input.dispatchEvent(new Event("input", {bubbles: true}));
    }
    following = false;
  });
};
/* Heard as DOM events, for range and number alike: a detour through Gradio's own events would cost time and
 * could not tell a hand from followWithSliders(). */
const onInput = (event) => {
  const name = FACTORS.find((factor) => event.target.closest?.(`#${factor}`));
  if (!name || following || event.target.value === "") return;
  motion.stop();
  const [low, high] = scene.ranges[name] || [0, 0];   // a typed number may lie beyond
  move({[name]: Math.min(high, Math.max(low, Number(event.target.value)))}, true);
};

/* ---- the first visit ---- */
const greet = () => {
  if (greeted || !scene.code) return;
  greeted = true;
  if (motion.wantsCalm()) return;
  setTimeout(() => { if (greeted === true) motion.play(GREETING, () => motion.glide(scene.start)); }, 100);
};
const onTouch = (event) => {
  const first = greeted !== "over";
  greeted = "over";
  if (first && !playButton.contains(event.target) && event.target !== canvas) motion.stop();
};

/* ---- words ---- */
const inWords = () => {
  const part = (name, zero, minus, plus) => {
    if (!known(name)) return "";
    const value = Math.round(angles[name]);
    return value ? `${Math.abs(value)}° ${value < 0 ? minus : plus}` : zero;
  };
  return [
    part("azimuth", "from the front", "turned left", "turned right"),
    part("elevation", "at eye level", "from below", "from above"),
    part("light", "light from the camera", "light from the left", "light from the right"),
  ].filter(Boolean).join(", ");
};
const describe = () => {
  clearTimeout(speaking);
  if (motion.isPlaying()) return;      // nobody wants to hear thirty angles a second
  speaking = setTimeout(() => {
    const words = scene.code ? inWords() : "Choose an example or upload a picture";
    canvas.setAttribute("aria-label", `The picture, drawn again: ${words}`);
    if (document.activeElement === canvas || moving) spoken.textContent = words;
    moving = false;
  }, 600);
};

/* ---- gestures and buttons ---- */
const reset = () => { picture.unzoom(); moving = true; motion.glide(scene.start); };
const togglePlay = () => {
  greeted = "over";
  if (motion.isPlaying()) motion.stop(); else if (scene.code) motion.play();
};
const turnBy = (changes) => {
  if (!scene.code) return;
  motion.stop();
  const whole = {};
  for (const [name, change] of Object.entries(changes)) {
    if (!known(name)) continue;
    if (apart(name, exact[name], angles[name]) > 1) exact[name] = angles[name];   // moved by something else
    exact[name] = bounded(name, exact[name] + change);
    whole[name] = bounded(name, Math.round(exact[name]));
  }
  move(whole);
};
listenToGestures(canvas, {
  begin: () => { motion.stop(); exact = {...angles}; root.classList.add("held"); },
  end: () => { root.classList.remove("held"); moving = true; describe(); },
  turn: (dx, dy) => turnBy({azimuth: dx * 180, elevation: dy * 90}),
  light: (dx) => turnBy({light: dx * 180}),
  // Up is more, as on the sliders themselves.
  step: (right, up, withShift) => turnBy(
    withShift ? {light: STEP * (right + up)} : {azimuth: STEP * right, elevation: STEP * up}),
  zoom: picture.zoom,
  reset,
  play: togglePlay,
});
/* The address of what is seen, into the clipboard and the address bar. It names angles that were trained: a fresh page goes
 * no further. */
const share = async () => {
  if (scene.code !== original) { remark("Only a picture as it was read has a link: take its identity back first."); return; }
  if (!scene.link) { remark("Only examples have links: what you upload stays with you."); return; }
  const address = new URL(location.pathname, location.href);
  let left = false;
  for (const [name, value] of Object.entries({...scene.link, ...angles})) {
    if (value === null) continue;
    const [low, high] = scene.trained[name] ?? [value, value];
    const inside = FACTORS.includes(name) && !scene.circular.includes(name) ? Math.min(high, Math.max(low, value)) : value;
    left ||= inside !== value;
    address.searchParams.set(name, inside);
  }
  history.replaceState(null, "", address);
  const copied = await navigator.clipboard?.writeText(address.href).then(() => true, () => false);
  remark((copied ? "Link copied." : "The address bar now holds the link.")
    + (left ? " It stays inside what was trained." : ""));
};
/* An address that names another picture than the one that is seen would bring that one back after a reload. */
const forgetLink = (link) => {
  const address = new URL(location.href), given = address.searchParams;
  if (!given.has("class") || (link && given.get("class") === link.class && Number(given.get("example")) === link.example)) return;
  for (const name of ["class", "example", ...FACTORS]) given.delete(name);
  history.replaceState(null, "", address);
};
playButton.addEventListener("click", togglePlay);
ownButton.addEventListener("click", () => {
  ownButton.setAttribute("aria-pressed", String(!ownPicture()));
  remark(ownPicture() ? "The light moves on the picture itself." : "All of it is drawn by the network.");
  if (scene.code) ask();
});
find(".share").addEventListener("click", share);
find(".reset").addEventListener("click", reset);
for (const type of ["pointerdown", "keydown", "wheel"]) {
  document.addEventListener(type, onTouch, {capture: true, passive: true});
}
document.addEventListener("input", onInput);
/* A number that was emptied becomes 0 when it is left, without a word: the sliders show what is seen. */
document.addEventListener("focusout", ({target}) => {
  if (FACTORS.some((name) => target.closest?.(`#${name}`))) setTimeout(followWithSliders, 50);
});
document.addEventListener("visibilitychange", () => { if (document.hidden) motion.stop(); });

/* ---- a new picture ---- */
const load = async () => {
  const value = typeof props.value === "string" && props.value ? JSON.parse(props.value) : null;
  motion.stop();
  clearTimeout(rest);
  cancelAnimationFrame(willFollow);
  willFollow = 0;
  sequence += 1;
  picture.forget(sequence - 1);
  root.classList.toggle("empty", value === null);
  if (value === null) {
    scene = {code: "", key: "", start: {}, ranges: {}, circular: []};
    offerOwnPicture();
    describe();
    return;
  }
  const linked = Object.keys(value.angles).length > 0;
  if (linked) greeted = "over";   // before the wait below: a greeting that began meanwhile would turn it away again
  if (value.model !== scene.model) wide = false;
  scene = value;
  scene.trained = value.ranges;
  if (wide) scene.ranges = value.wider;
  moving = original !== "";   // another picture is told as a move is
  original = value.code;
  if (greeted) forgetLink(value.link);   // not the page's own first picture: the one that a link names is on its way
  offerOwnPicture();
  document.dispatchEvent(new CustomEvent("dcign:picture", {detail: {code: value.code}}));
  document.dispatchEvent(new CustomEvent("dcign:code", {detail: {code: value.code, source: "viewer"}}));
  angles = {azimuth: null, elevation: null, light: null, ...value.start};
  exact = {...angles};
  picture.unzoom();
  trouble.textContent = root.dataset.transport === "lost" ? trouble.textContent : "";
  const detail = {sequence, ...angles};
  await picture.show(detail, await (await fetch(value.frame)).blob());
  if (scene !== value) return;   // another one has been chosen meanwhile
  describe();
  if (linked) move(within(value.angles)); else greet();
  if (!linked && !ownPicture()) ask();
};

/* ---- for the panels beside the viewer ---- */
const turnTo = (changes) => { greeted = "over"; moving = true; motion.glide(within(changes)); };
window.dcign = {
  root: basePath,
  shown: () => ({canvas, detail: onCanvas}),
  preset: (name, degrees) => turnTo({[name]: degrees}),
  go: turnTo,
  code: () => scene.code,
  /* The picture's own code, whatever was made of its identity, as the decoder alone draws it. */
  bare: () => original && withoutPicture(original),
  /* A code as it would be seen: without its picture where all is drawn. */
  asShown: (text) => (text && !ownPicture() ? withoutPicture(text) : text),
  original: () => original,
  /* Draw this code instead, at the same angles: another identity of the same model. */
  recode(text) {
    if (!scene.code) return;
    edits += 1;
    Object.assign(scene, {code: text, key: `edited-${edits}`});
    offerOwnPicture();
    motion.stop();
    ask();
  },
  /* Whether the angles may leave the trained ranges. */
  beyond(on) {
    wide = on;
    scene.ranges = (on ? scene.wider : scene.trained) ?? {};
    if (scene.code) move(within(angles));
  },
};
mendGradio();
watch("value", load);
load();
