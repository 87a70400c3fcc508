/* Another picture's identity, pose and light. Value: JSON {code, picture, name} of an example that was chosen.
 * Runs, after codes.js, as js_on_load of the gr.HTML with the elem_id "mix"; tells the page by the event "input". */
const find = (selector) => element.querySelector(selector);
const morph = find(".morph input"), told = find(".told"), thumb = find("img");
let other = null, base = "";     // other: {code, words, angles}; angles are where a kept picture was turned to

/* The slider tells the amount itself: what is written beside it is for the eye alone. */
const amount = () => {
  find(".amount").textContent = `${morph.value} %`;
  morph.setAttribute("aria-valuetext", `${morph.value} %`);
};
const rewind = () => { morph.value = 0; amount(); };
const kind = (text) => { const {model, layout} = readCode(text).record; return JSON.stringify([model, layout]); };
const fits = () => other && base && kind(base) === kind(other.code);
const ready = () => {
  for (const control of [morph, find(".pose"), find(".light")]) control.disabled = !fits();
  const words = other && base && !fits() ? "The other picture is of another class: choose one of this class." : other?.words;
  if (words && told.textContent !== words) told.textContent = words;
};
const set = (code, picture, words, angles = null) => {
  other = {code, words, angles};
  thumb.src = picture;
  thumb.hidden = false;
  rewind();
  if (window.dcign?.code()) base = window.dcign.code();
  ready();
};
morph.addEventListener("input", () => {
  amount();
  if (fits()) publish(morphed(base, other.code, morph.value / 100), "mix");
});
morph.addEventListener("change", () => trigger("input"));
const take = (names) => {
  const degrees = {...readCode(other.code).record, ...other.angles};
  const known = names.filter((name) => Number.isFinite(degrees[name]));
  window.dcign.go(Object.fromEntries(known.map((name) => [name, Math.round(degrees[name])])));
};
find(".pose").addEventListener("click", () => take(["azimuth", "elevation"]));
find(".light").addEventListener("click", () => take(["light"]));
find(".keep").addEventListener("click", () => {
  const code = window.dcign?.code();
  if (!code) return;
  const {canvas, detail: {azimuth, elevation, light}} = window.dcign.shown();
  set(code, canvas.toDataURL(), "Kept. Now choose another picture to mix it with.", {azimuth, elevation, light});
});
const chosen = () => {
  if (!props.value) return;
  const value = JSON.parse(props.value);
  set(value.code, value.picture, value.name);
};
watch("value", chosen);
chosen();
onOtherCode("mix", (text) => { base = text; rewind(); ready(); });
