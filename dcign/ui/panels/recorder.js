/* Records where the viewer looks: its value becomes JSON, a list of [azimuth, elevation, light] at RATE per second.
 * Runs as js_on_load of the gr.HTML with the elem_id "recorder"; tells the page by the event "input". */
const RATE = 24, LONGEST = 240;
const button = element.querySelector(".record"), told = element.querySelector(".told");
let points = [], timer = 0, newest = null;

document.addEventListener("dcign:frame", ({detail}) => { newest = [detail.azimuth, detail.elevation, detail.light]; });

const words = (count) => `Recorded ${count} frames, ${(count / RATE).toFixed(1)} s`;
const same = (a, b) => a && b && a.every((value, place) => value === b[place]);
/* Nobody moves at once and stops at once: what stands still at either end is left out. */
const trimmed = () => {
  let first = 0, last = points.length - 1;
  while (first < last && same(points[first], points[first + 1])) first += 1;
  while (last > first && same(points[last], points[last - 1])) last -= 1;
  return points.slice(first, last + 1);
};
const stop = () => {
  clearInterval(timer);
  timer = 0;
  button.classList.remove("on");
  button.textContent = "Record again";
  const path = trimmed();
  if (path.length < 2) { told.textContent = "Nothing moved: turn the picture while it records"; return; }
  told.textContent = words(path.length);
  props.value = JSON.stringify(path);
  trigger("input");
};
/* A loaded file brings its path; another class takes it away. */
watch("value", () => {
  if (timer) return;
  const count = props.value ? JSON.parse(props.value).length : 0;
  told.textContent = count ? words(count) : "Turn the picture while it records";
  button.textContent = count ? "Record again" : "Record a path";
});
/* What was recorded of another picture is no path of this one. */
document.addEventListener("dcign:picture", () => {
  newest = null;
  if (!timer) return;
  clearInterval(timer);
  timer = 0;
  points = [];
  button.classList.remove("on");
  button.textContent = "Record a path";
  told.textContent = "The recording ended: another picture was chosen";
});
button.addEventListener("click", () => {
  if (timer) { stop(); return; }
  points = [];
  button.classList.add("on");
  button.textContent = "Stop recording";
  told.textContent = "Recording: turn the picture, move the light";
  timer = setInterval(() => {
    if (newest) points.push([...newest]);
    if (points.length >= LONGEST) stop();
  }, 1000 / RATE);
});
