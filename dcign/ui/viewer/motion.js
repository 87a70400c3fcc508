/* Movements by themselves: to a preset, and the automatic turn.
 *
 *   const motion = createMotion({scene, angles, move, onPlaying});
 *   motion.glide({azimuth: -90});        // there in a moment; at once for who wants less motion
 *   motion.play(seconds, whenOver);      // azimuth and light swing until stop()
 *
 * scene() has ranges and circular; angles() is where we are; move(angles) goes there. */
const createMotion = ({scene, angles, move, onPlaying}) => {
  const GLIDE = 350, BLEND = 1200;                       // ms
  const PERIOD = {azimuth: 9000, light: 14600};          // ms; no common measure, so that it does not repeat
  const SHARE = {azimuth: 0.55, light: 0.75};            // of the range
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let running = 0, playing = false;

  const stop = () => {
    cancelAnimationFrame(running);
    running = 0;
    if (playing) { playing = false; onPlaying(false); }
  };
  const run = (step) => {
    const begin = performance.now();
    const frame = (now) => {
      running = requestAnimationFrame(frame);
      step(Math.max(0, now - begin));
    };
    running = requestAnimationFrame(frame);
  };
  const smooth = (share) => share * share * (3 - 2 * share);
  const towards = (name, from, to) => {
    if (!scene().circular.includes(name)) return to - from;
    return ((to - from) % 360 + 540) % 360 - 180;       // the short way round
  };

  const glide = (target) => {
    stop();
    if (calm.matches) { move(target); return; }
    const from = {...angles()};
    run((time) => {
      const share = Math.min(1, time / GLIDE), now = {};
      for (const [name, to] of Object.entries(target)) {
        now[name] = share === 1 ? to : Math.round(from[name] + towards(name, from[name], to) * smooth(share));
      }
      if (share === 1) stop();
      move(now);
    });
  };

  /* Where each factor is after `time`, starting from where it stands. */
  const swing = () => {
    const paths = {};
    for (const name of Object.keys(PERIOD)) {
      const range = scene().ranges[name], here = angles()[name];
      if (!range) continue;
      if (scene().circular.includes(name)) {
        paths[name] = (time) => here + 360 * time / PERIOD[name];
        continue;
      }
      const middle = (range[0] + range[1]) / 2, reach = SHARE[name] * (range[1] - range[0]) / 2;
      const phase = Math.asin(Math.min(1, Math.max(-1, (here - middle) / reach)));
      paths[name] = (time) => {
        const there = middle + reach * Math.sin(phase + 2 * Math.PI * time / PERIOD[name]);
        return here + (there - here) * smooth(Math.min(1, time / BLEND));
      };
    }
    return paths;
  };
  const play = (seconds = 300, whenOver = () => {}) => {
    stop();
    const paths = swing();
    playing = true;
    onPlaying(true);
    run((time) => {
      if (time > seconds * 1000) { stop(); whenOver(); return; }
      const now = {};
      for (const [name, path] of Object.entries(paths)) now[name] = Math.round(path(time));
      move(now);
    });
  };
  return {glide, play, stop, isPlaying: () => playing, wantsCalm: () => calm.matches};
};
