/* The input under its reconstruction, with an edge to drag. Value: JSON {input, label, reconstruction}, two of them
 * data: addresses.
 * Runs as js_on_load of the gr.HTML with the elem_id "pictures". */
const figure = element.querySelector(".compare");
const slider = figure.querySelector("input");
slider.addEventListener("input", () => figure.style.setProperty("--at", `${slider.value}%`));
const show = () => {
  const value = props.value ? JSON.parse(props.value) : null;
  figure.hidden = value === null;
  if (value === null) return;
  figure.querySelector(".before").src = value.input;
  figure.querySelector(".after").src = value.reconstruction;
  figure.querySelector(".left").textContent = value.label;
};
watch("value", show);
show();
