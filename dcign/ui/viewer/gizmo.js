/* The small drawing in the corner: a globe around the subject, seen as the camera's operator sees it. The nose
 * points where the subject looks, the camera rides up and down in front, the light goes round.
 *
 *   const gizmo = createGizmo(svg);
 *   gizmo.draw({azimuth: 30, elevation: 10, light: -45}); */
const createGizmo = (svg) => {
  const RADIUS = 38, TILT = 46 * Math.PI / 180, LIGHT_HEIGHT = 12;
  const radians = (degrees) => (degrees || 0) * Math.PI / 180;
  /* A direction (0 towards us, positive to the right; height in degrees) to a point on the drawn globe. */
  const point = (turn, height, radius = RADIUS) => {
    const a = radians(turn), h = radians(height);
    const x = Math.sin(a) * Math.cos(h), up = Math.sin(h), front = Math.cos(a) * Math.cos(h);
    return {
      x: radius * x,
      y: radius * (front * Math.sin(TILT) - up * Math.cos(TILT)),
      near: front * Math.cos(TILT) + up * Math.sin(TILT) >= 0,
    };
  };
  const flat = RADIUS * Math.sin(TILT);
  svg.innerHTML = `
    <circle class="globe" r="${RADIUS}"/>
    <path class="ring far" d="M ${-RADIUS} 0 A ${RADIUS} ${flat} 0 0 1 ${RADIUS} 0"/>
    <line class="ray"/><g class="sun back"></g>
    <line class="nose"/><circle class="subject" r="10"/><circle class="tip" r="3.6"/>
    <path class="ring" d="M ${-RADIUS} 0 A ${RADIUS} ${flat} 0 0 0 ${RADIUS} 0"/>
    <g class="sun"><circle r="5.5"/>${[0, 45, 90, 135, 180, 225, 270, 315].map((turn) =>
      `<line y1="7.5" y2="10" transform="rotate(${turn})"/>`).join("")}</g>
    <g class="camera"><rect x="-7" y="-4.5" width="14" height="10" rx="2"/><circle cy=".5" r="3"/></g>`;
  const part = (name) => svg.querySelector(name);
  const [sun, camera, ray, tip, nose] = ["g.sun:not(.back)", ".camera", ".ray", ".tip", ".nose"].map(part);
  part("g.back").remove();
  const move = (node, {x, y}) => node.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
  const line = (node, {x, y}) => { node.setAttribute("x2", x.toFixed(1)); node.setAttribute("y2", y.toFixed(1)); };

  return {
    draw({azimuth, elevation, light}) {
      const lit = point(light, LIGHT_HEIGHT), looks = point(azimuth, 0, 19), seen = point(0, elevation);
      sun.style.display = ray.style.display = light === null ? "none" : "";
      move(sun, lit);
      line(ray, lit);
      sun.classList.toggle("far", !lit.near);
      move(camera, seen);
      move(tip, looks);
      line(nose, looks);
      tip.classList.toggle("far", !looks.near);
    },
  };
};
