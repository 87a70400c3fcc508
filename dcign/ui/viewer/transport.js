/* Frames from the server: over one WebSocket, or by plain requests where sockets are blocked.
 *
 *   const transport = createTransport({root, onFrame, onState});
 *   transport.ask({sequence, key, code, angles, drawn, fine});      // every input; only the newest is worth an answer
 *
 * onFrame(detail, bytes): detail has sequence, azimuth, elevation, light, whether it is fine, and milliseconds of drawing. onState(state, message): "socket",
 * "http", "lost" (message says why) or "problem" (message is about this picture; the connection is fine).
 * The server remembers nothing beyond a socket, but what plain requests sent for some seconds: a code is sent once per
 * socket, and again after a reconnect; with every plain request. */
let bare = {of: "", code: ""};
const withoutPicture = (code) => {
  if (bare.of !== code) bare = {of: code, code: JSON.stringify({...JSON.parse(code), picture: undefined, detail: undefined})};
  return bare.code;
};
const createTransport = ({root, onFrame, onState}) => {
  const address = new URL(`${root}/gradio_api/live/`, location.href);
  const socketAddress = new URL("socket", address);
  socketAddress.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const renderAddress = new URL("render", address);
  const IMPATIENT = 400;      // ms of connecting after which plain requests begin to help out
  const UNANSWERED = 8000;    // ms after which an open but silent connection counts as dead
  const CUT_OFF = 1008;
  const RECODE = 15;          // ms between two codes, of which a slider of the identity makes one for every input

  let socket = null, isOpen = false, banned = false, failures = 0, began = 0, timer = 0, silence = 0;
  let known = new Set();      // keys of the codes that this socket's other end holds
  let wanted = null, answered = -1, state = "none";
  let coded = -RECODE, later = 0, resting = false;
  // Plain requests: the newest that was sent, how many are under way, and the network's part of a round trip.
  let posted = -1, flying = 0, network = 10, reachable = true;

  const tell = (next, message = "") => {
    if (next === state && next !== "problem") return;
    if (next !== "problem") state = next;
    onState(next, message);
  };
  const pending = () => wanted !== null && wanted.sequence > answered;

  const say = (message) => socket.send(JSON.stringify(message));
  const sendWanted = () => {
    if (!known.has(wanted.key)) {
      const wait = coded + RECODE - performance.now();
      if (wait > 0) {
        later ||= setTimeout(() => { later = 0; if (isOpen && pending()) sendWanted(); }, wait);
        return;
      }
      coded = performance.now();
      say({kind: "code", key: wanted.key, code: wanted.code});
      known.add(wanted.key);
    }
    say({kind: "view", key: wanted.key, sequence: wanted.sequence, ...wanted.angles, drawn: wanted.drawn, fine: wanted.fine});
    expect();
  };
  /* A connection is dead if nothing at all comes for a while, however far behind the hand its answers are. */
  const expect = () => {
    if (!silence) silence = setTimeout(() => { silence = 0; if (isOpen && pending()) drop(); }, UNANSWERED);
  };
  const heard = () => {
    clearTimeout(silence);
    silence = 0;
    if (isOpen && pending()) expect();
  };
  const arrived = (detail, bytes) => {
    answered = Math.max(answered, detail.sequence);
    heard();
    onFrame(detail, bytes);
  };

  const understand = (event) => {
    if (typeof event.data !== "string") {
      const length = new DataView(event.data).getUint32(0);
      const header = new TextDecoder().decode(new Uint8Array(event.data, 4, length));
      const detail = JSON.parse(header);
      say({kind: "seen", sequence: detail.sequence});   // room for the next one on the line
      arrived(detail, new Uint8Array(event.data, 4 + length));
      return;
    }
    const message = JSON.parse(event.data);
    if (message.kind === "unknown") {
      known.delete(message.key);
      if (pending() && wanted.key === message.key) sendWanted();
    } else if (message.kind === "problem") {
      answered = wanted ? wanted.sequence : answered;   // asking again would not help
      heard();
      tell("problem", message.message);
    }
  };

  const connect = () => {
    if (isOpen) return;
    clearTimeout(timer);
    banned = false;
    if (socket) socket.close();
    began = performance.now();
    let opened = false;
    try {
      socket = new WebSocket(socketAddress);
    } catch {
      socket = null;
      closed(false, 0, "");
      return;
    }
    const mine = socket;
    mine.binaryType = "arraybuffer";
    mine.onmessage = (event) => { if (socket === mine) understand(event); };
    mine.onopen = () => {
      if (socket !== mine) return;
      opened = isOpen = true;
      clearTimeout(timer);
      known = new Set();
      tell("socket");
      if (pending()) sendWanted();
    };
    mine.onclose = (event) => { if (socket === mine) closed(opened, event.code, event.reason); };
    setTimeout(() => { if (socket === mine && !isOpen) probe(); }, IMPATIENT);
    setTimeout(() => { if (socket === mine && !isOpen) drop(); }, 4000);
  };
  /* Give this socket up without waiting for its closing handshake, which a dead line never answers. */
  const drop = () => {
    const old = socket, wasOpen = isOpen;
    socket = null;
    if (old) old.close();
    closed(wasOpen, 0, "");
  };
  const closed = (wasOpen, code, reason) => {
    const lived = performance.now() - began;
    socket = null;
    isOpen = false;
    clearTimeout(silence);
    silence = 0;
    failures = wasOpen && lived > 5000 ? 0 : failures + 1;
    // a page that nobody touches for long gives its place to others
    if (code === 1000 && !pending()) { resting = true; return; }
    if (code === CUT_OFF) {
      banned = true;   // plain requests neither: the reason is to be read
      tell("lost", `The server closed the connection: ${reason}.`);
      timer = setTimeout(connect, 3000);
      return;
    }
    probe();
    retry();
  };
  /* Soon while the server is away; seldom while plain requests do the work. */
  const retry = () => {
    clearTimeout(timer);
    const longest = reachable ? 15000 : 2000;
    timer = setTimeout(connect, Math.min(longest, 250 * 2 ** Math.min(failures, 8)));
  };
  /* Is the server there at all? Any answer, a refusal too, says yes. */
  const probe = async () => {
    if (pending()) { reachable = true; posted = answered; pump(); return; }
    try {
      await fetch(renderAddress, {cache: "no-store", signal: AbortSignal.timeout(5000)});
      reachable = true;
      if (!isOpen) tell("http");
      pump();
    } catch { away(); }
  };
  const away = () => {
    reachable = false;
    if (!isOpen) { tell("lost", "Connection lost. Trying again…"); retry(); }
  };

  /* One to four requests in flight: as many as fit into the network's part of the round trip. */
  const allowed = () => Math.min(4, Math.max(1, 1 + Math.round(network / 20)));
  const pump = () => {
    const waiting = socket !== null && failures === 0 && performance.now() - began < IMPATIENT;
    while (!isOpen && !waiting && !banned && reachable && pending() && wanted.sequence > posted && flying < allowed()) {
      post(wanted);
    }
  };
  const post = async ({sequence, code: whole, angles, drawn, fine}) => {
    const code = drawn ? withoutPicture(whole) : whole;   // the server would drop it: it need not travel
    posted = sequence;
    flying += 1;
    const start = performance.now();
    try {
      const response = await fetch(renderAddress, {
        method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({code, ...angles, drawn, fine}),
        signal: AbortSignal.timeout(UNANSWERED),
      });
      if (!isOpen) tell("http");
      if (response.ok) {
        const bytes = new Uint8Array(await response.arrayBuffer());
        const drawing = /draw;dur=([\d.]+)/.exec(response.headers.get("Server-Timing") || "");
        const milliseconds = drawing ? Number(drawing[1]) : 0;
        network += (performance.now() - start - milliseconds - network) / 8;
        arrived({sequence, ...angles, fine, milliseconds}, bytes);
      } else if (response.status === 503 || response.status === 502 || response.status === 504) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        posted = Math.min(posted, answered);
      } else {
        answered = Math.max(answered, sequence);
        tell("problem", (await response.json().catch(() => ({}))).error || "This picture cannot be drawn. Choose it again.");
      }
    } catch {
      posted = answered;
      away();
    } finally {
      flying -= 1;
      pump();
    }
  };

  const again = () => { failures = 0; resting = false; connect(); };
  const onVisible = () => { if (!document.hidden && state === "lost") again(); };
  /* Another network: the line through the old one may be dead without a word. */
  const onOnline = () => { if (isOpen) drop(); again(); };
  window.addEventListener("online", onOnline);
  document.addEventListener("visibilitychange", onVisible);
  connect();

  return {
    ask(request) {
      wanted = request;
      if (resting) again();
      if (isOpen) sendWanted(); else pump();
    },
    close() {
      window.removeEventListener("online", onOnline);
      document.removeEventListener("visibilitychange", onVisible);
      for (const each of [timer, silence, later]) clearTimeout(each);
      const old = socket;
      socket = null;
      if (old) old.close();
    },
  };
};
