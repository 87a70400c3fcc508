/* The input under its reconstruction, with an edge to drag; or what the network draws under the same view by an entangled
 * network, where its weights are there. Value: JSON {input, label, reconstruction, beside}: two data: addresses, and
 * {code, ranges} of that network or null. Runs as js_on_load of the gr.HTML with the elem_id "pictures". */
const figure = element.querySelector(".compare");
const edge = figure.querySelector(".frame input"), sides = figure.querySelector(".sides");
const [before, after] = [".before", ".after"].map((name) => figure.querySelector(name));
const [left, right] = [".left", ".right"].map((name) => figure.querySelector(name));
const about = figure.querySelector(".about");
let value = null, painted = null, asking = false, drawn = [];

edge.addEventListener("input", () => figure.style.setProperty("--at", `${edge.value}%`));
const besideIsShown = () => value?.beside && sides.querySelector(":checked").value === "beside";

/* ---- the entangled network: one request at a time, always for the newest frame ---- */
const bounded = (detail) => Object.fromEntries(Object.entries(value.beside.ranges).map(
  ([name, [low, high]]) => [name, Math.min(high, Math.max(low, detail[name] ?? 0))]));
const request = async (code, angles) => {
  const response = await fetch(`${window.dcign.root}/gradio_api/live/render`, {
    method: "POST", headers: {"Content-Type": "application/json"}, signal: AbortSignal.timeout(8000),
    body: JSON.stringify({code, ...angles, drawn: true}),   // each network by itself
  });
  if (!response.ok) throw new Error((await response.json()).error);
  return response.blob();
};
const draw = async ({azimuth, elevation, light}) => {
  const mine = value, detail = {azimuth, elevation, light};
  const pictures = await Promise.all([
    request(window.dcign.bare(), detail), request(mine.beside.code, bounded(detail))]);   // at the same angles
  if (value !== mine || !besideIsShown()) return;
  drawn.forEach(URL.revokeObjectURL);
  drawn = pictures.map((picture) => URL.createObjectURL(picture));
  [before.src, after.src] = drawn;
};
const follow = async () => {
  if (asking) return;
  asking = true;
  while (besideIsShown() && figure.offsetParent !== null) {
    const {detail} = window.dcign?.shown() ?? {};
    const {azimuth, elevation, light} = detail ?? {}, asked = JSON.stringify([azimuth, elevation, light, window.dcign?.bare()]);
    if (!detail || asked === painted) break;   // a view at rest comes once more, with its picture's detail
    painted = asked;
    try {
      await draw(detail);
      if (besideIsShown()) right.textContent = "Entangled network";   // another choice may have been made meanwhile
    } catch {
      if (besideIsShown()) right.textContent = "Entangled network: no answer, move a slider to try again";
    }
  }
  asking = false;
};
document.addEventListener("dcign:frame", follow);
new IntersectionObserver(() => follow()).observe(figure);   // its tab is opened again

/* ---- which two are shown ---- */
const show = () => {
  const beside = Boolean(besideIsShown());
  about.hidden = !beside;
  before.alt = beside ? "What the network draws" : "The input, as the model sees it";
  after.alt = beside ? "The same view by the entangled network" : "Its reconstruction";
  left.textContent = beside ? "DC-IGN" : value.label;
  right.textContent = beside ? "Entangled network" : "Reconstruction";
  painted = null;
  if (beside) { follow(); return; }
  before.src = value.input;
  after.src = value.reconstruction;
};
sides.addEventListener("change", show);
const take = () => {
  value = props.value ? JSON.parse(props.value) : null;
  figure.hidden = value === null;
  if (value === null) return;
  sides.hidden = !value.beside;
  show();
};
watch("value", take);
take();
