/* Sliders along principal directions. Value: JSON {groups: [{name, label, shown, mean, steps, rest}], amount,
 * temperature}. Runs, after codes.js, as js_on_load of the gr.HTML with the elem_id "identity"; tells the page by the
 * event "input". */
const list = element.querySelector(".directions");
let settings = {groups: []}, base = "", picture = "";
const sliders = () => [...list.querySelectorAll("input")];

/* The slider tells the amount itself: what is written beside it is for the eye alone. */
const amount = (slider) => {
  const value = Number(slider.value);
  const words = value ? `${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(1)}` : "0";
  slider.nextElementSibling.textContent = words;
  slider.setAttribute("aria-valuetext", words);
};
const centre = () => {
  for (const slider of sliders()) { slider.value = 0; amount(slider); }
};
const amounts = () => {
  const chosen = {};
  for (const slider of sliders()) (chosen[slider.dataset.group] ??= []).push(Number(slider.value));
  return chosen;
};
const fits = () => base && settings.groups.length
  && settings.groups.every(({name, mean}) => {
    const place = readCode(base).places[name];
    return place && place[1] - place[0] === mean.length;
  });
const apply = () => {
  if (!fits()) return;
  const steps = Object.fromEntries(settings.groups.map((group) => [group.name, group.steps]));
  publish(varied(base, steps, amounts()), "identity");
};
const build = () => {
  settings = props.value ? JSON.parse(props.value) : {groups: []};
  element.querySelector(".identity").hidden = !settings.groups.length;
  list.replaceChildren(...settings.groups.flatMap(({name, label, shown}) => Array.from({length: shown}, (_, k) => {
    const row = document.createElement("label");
    row.innerHTML = "<span></span><input type='range' step='0.1' value='0'><span class='amount' aria-hidden='true'>0</span>";
    row.firstChild.textContent = `${label} ${k + 1}`;
    const slider = row.querySelector("input");
    slider.min = -settings.amount;
    slider.max = settings.amount;
    slider.dataset.group = name;
    return row;
  })));
};
list.addEventListener("input", ({target}) => {
  amount(target);
  apply();
});
list.addEventListener("change", () => trigger("input"));
element.querySelector(".draw").addEventListener("click", () => {
  if (!fits()) return;
  centre();
  base = drawn(base, settings.groups, settings.temperature);
  publish(base, "identity");
  trigger("input");
});
element.querySelector(".back").addEventListener("click", () => {
  if (!picture) return;
  centre();
  base = picture;
  publish(base, "identity");
  trigger("input");
});
watch("value", build);
build();
document.addEventListener("dcign:picture", ({detail}) => { picture = detail.code; });
picture = window.dcign?.original?.() ?? "";
onOtherCode("identity", (text) => { base = text; centre(); });
