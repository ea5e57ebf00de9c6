// Does what the page asked for last, piece by piece; a newer request ends an older one.
import { load } from "./engine.js";

const ready = load();
let latest = null;
let working = false;

ready.then(
  (engine) => postMessage({ kind: "ready", about: engine.about }),
  (error) => postMessage({ kind: "failed", reason: String(error.message || error) }),
);

// Messages that came meanwhile are delivered before this goes on.
const breath = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage(0);
  });

onmessage = ({ data }) => {
  latest = data;
  if (!working) work();
};

async function work() {
  working = true;
  try {
    const engine = await ready;
    while (latest) {
      const request = latest;
      latest = null;
      await answer(engine, request);
    }
  } catch (error) {
    postMessage({ kind: "failed", reason: String(error.message || error) });
  } finally {
    working = false;
  }
}

async function answer(engine, { id, pictures, reference, pieces }) {
  for (const piece of pieces) {
    const code = await engine.code({ ...piece, reference });
    const picture = await engine.restyle(pictures[piece.size], code);
    postMessage({ kind: "piece", id, slot: piece.slot, picture });
    await breath();
    if (latest) return;
  }
}
