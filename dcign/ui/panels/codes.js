/* Arithmetic on graphics codes in the page, so that identities change under the hand without a round trip. The same as
 * dcign/mixing.py, which tests/test_mixing_panels.py compares.
 *
 *   const code = readCode(text);                     // {record, latents, offsets or null, text()}
 *   publish(text, "identity");                       // the viewer draws it; the other panels hear dcign:code */
const FACTOR_NAMES = ["azimuth", "elevation", "light"];
const readCode = (text) => {
  const record = JSON.parse(text);
  const places = {};
  let start = 0;
  for (const [name, size] of record.layout) { places[name] = [start, start + size]; start += size; }
  return {
    record, places, latents: record.latents.slice(), offsets: record.offsets ?? null,
    identity: Object.keys(places).filter((name) => !FACTOR_NAMES.includes(name)),
    text() {
      const plain = (values) => values.map((value) => Number(Math.fround(value).toPrecision(9)));
      const whole = {...record, latents: plain(this.latents)};
      for (const name of ["offsets", "picture", "detail", "own_ground"]) delete whole[name];   // the picture shows another code than this one
      if (this.offsets) whole.offsets = this.offsets.map(plain);
      return JSON.stringify(whole);
    },
  };
};
/* code + sum of amounts[group][k] * steps[group][k] */
const varied = (text, steps, amounts) => {
  if (Object.values(amounts).flat().every((amount) => !amount)) return text;   // with its picture
  const code = readCode(text);
  for (const [group, values] of Object.entries(amounts)) {
    const [from] = code.places[group];
    values.forEach((amount, k) => {
      if (amount) steps[group][k].forEach((step, place) => { code.latents[from + place] += amount * step; });
    });
  }
  return code.text();
};
/* The share that is left of offsets that were seen from one code's side, from that of another (dcign/offsets.py). */
const REACH = {azimuth: 45, elevation: 40};
const trust = (seen, pose) => Math.exp(-Object.entries(REACH).reduce((sum, [name, reach]) => {
  const [a, b] = [seen.record[name] ?? null, pose.record[name] ?? null];
  const away = a === null || b === null ? 0 : ((((b - a + 180) % 360) + 360) % 360) - 180;
  return sum + (away / reach) ** 2;
}, 0));
/* Offsets on the straight way from the first to the second; null stands for none at all. */
const between = (first, second, share) => {
  const parts = [[1 - share, first], [share, second]].filter(([weight, rows]) => weight && rows);
  if (!parts.length) return null;
  return parts[0][1].map((row, k) => row.map((_, place) =>
    parts.reduce((sum, [weight, rows]) => sum + weight * rows[k][place], 0)));
};
/* The identity on the arc from one code to another; pose and light of the first. */
const morphed = (firstText, secondText, share) => {
  if (!share) return firstText;
  const first = readCode(firstText), second = readCode(secondText);
  const inside = first.identity.flatMap((name) => {
    const [from, to] = first.places[name];
    return Array.from({length: to - from}, (_, place) => from + place);
  });
  const dot = (a, b) => inside.reduce((sum, place) => sum + a[place] * b[place], 0);
  const [a, b] = [first.latents, second.latents];
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  const angle = lengths ? Math.acos(Math.min(1, Math.max(-1, dot(a, b) / lengths))) : 0;
  const straight = angle < 1e-4 || Math.PI - angle < 1e-4;
  const before = straight ? 1 - share : Math.sin((1 - share) * angle) / Math.sin(angle);
  const after = straight ? share : Math.sin(share * angle) / Math.sin(angle);
  for (const place of inside) first.latents[place] = before * a[place] + after * b[place];
  const left = trust(second, first);
  first.offsets = between(first.offsets, second.offsets?.map((row) => row.map((value) => left * value)), share);
  return first.text();
};
/* An identity drawn as those of training are spread: the means, the spread along the directions, and around them. */
const drawn = (text, groups, temperature) => {
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const code = readCode(text);
  code.offsets = null;   // they were somebody else's
  for (const {name, mean, steps, rest} of groups) {
    const [from] = code.places[name];
    const along = steps.map(normal);
    mean.forEach((middle, place) => {
      const spread = steps.reduce((sum, step, k) => sum + along[k] * step[place], normal() * rest[place]);
      code.latents[from + place] = middle + temperature * spread;
    });
  }
  return code.text();
};
const publish = (text, source) => {
  window.dcign.recode(text);
  document.dispatchEvent(new CustomEvent("dcign:code", {detail: {code: text, source}}));
};
/* heard(text): a code from anybody else, be it a new picture or another panel. */
const onOtherCode = (source, heard) => {
  document.addEventListener("dcign:code", ({detail}) => { if (detail.source !== source) heard(detail.code); });
  if (window.dcign?.code()) heard(window.dcign.code());
};
