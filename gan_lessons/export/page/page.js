// What the visitor sees and does. One request is under way at a time, and the latest one wins.
import { PREVIEW, PictureError, decode, mixed, paint, shrunk, square } from "./pictures.js";
import { prepare as prepareThreads } from "./threads.js";
import { HANDS, letterAt, loadAlphabet, setWord, word } from "./word.js";

const VARIANTS = 4;
const by = (id) => document.getElementById(id);
const state = { style: 0, first: 0, chosen: 0, seed: 0, reference: null, name: "picture" };
const needed = new Map(); // slot: what has to be shown there
let about, bitmap, pictures, result;
let alphabet = {}; // pictures of letters, where the model draws letters
let request = 0;
let opened = 0; // counts pictures, so that one that decodes slowly does not replace a later one

say("Loading the model…");
await prepareThreads();

// A worker made from a blob has this page's content policy; one from an address has its own.
const start = `import ${JSON.stringify(new URL("worker.js", import.meta.url).href)};`;
const blob = new Blob([start], { type: "text/javascript" });
const worker = new Worker(URL.createObjectURL(blob), { type: "module" });
worker.onmessage = ({ data }) => answers[data.kind](data);
worker.onerror = (event) => answers.failed({ reason: event.message || "its script did not load" });

const answers = {
  ready: (data) => begin(data.about),
  piece: (data) => data.id === request && show(data.slot, data.picture),
  failed: ({ reason }) => {
    by("result-part").setAttribute("aria-busy", "false");
    say(`The model cannot run in this browser (${reason}); a recent browser is needed.`, true);
  },
};

function say(sentence, wrong = false) {
  by("status").textContent = sentence;
  by("status").classList.toggle("wrong", wrong);
}

const spoken = (style) => about.styles[style].replaceAll("_", " ");

async function begin(model) {
  about = model;
  by("model").textContent = about.name;
  about.styles.forEach((_, i) => by("styles").append(tile("style", i, spoken(i))));
  for (let i = 0; i < VARIANTS; i++) by("variants").append(tile("variant", i, `${i + 1}`));
  by("styles").addEventListener("change", (e) => pick({ style: +e.target.value, first: 0 }));
  by("variants").addEventListener("change", (e) => choose(+e.target.value));
  by("more").onclick = () => pick({ first: state.first + VARIANTS });
  by("back").onclick = () => pick({ first: state.first - VARIANTS });
  mark();
  say("Choose a picture.");
  const samples = await (await fetch("samples.json")).json();
  samples.forEach((sample) => by("samples").append(sampleButton(sample)));
  credit(samples);
  alphabet = await loadAlphabet();
  if (!bitmap && samples.length) {
    state.style = samples[0].style;
    await openSample(samples[0]);
  } else if (bitmap) pick({}); // it was there before the letters were
}

function tile(group, value, text) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "radio", name: group, value });
  const frame = Object.assign(document.createElement("span"), { className: "frame" });
  const canvas = Object.assign(document.createElement("canvas"), { width: PREVIEW, height: PREVIEW });
  const name = Object.assign(document.createElement("span"), { textContent: text });
  canvas.id = `${group}-${value}`;
  canvas.setAttribute("aria-hidden", "true");
  if (group === "variant") input.setAttribute("aria-label", `Variant ${text}`);
  frame.append(canvas);
  label.className = "tile";
  label.append(input, frame, name);
  return label;
}

function sampleButton(sample) {
  const button = Object.assign(document.createElement("button"), { type: "button" });
  const image = Object.assign(new Image(), { src: sample.file, alt: sample.title });
  button.append(image);
  button.onclick = () => openSample(sample);
  return button;
}

function credit(samples) {
  const list = samples.map((sample) => `${sample.title} (${sample.credit})`).join("; ");
  by("credits").textContent = list ? `Sample pictures: ${list}.` : "";
}

async function openSample(sample) {
  const answer = await fetch(sample.file);
  await open(new File([await answer.blob()], `${sample.title.split(",")[0]}.png`));
}

async function open(file) {
  const turn = ++opened;
  const decoded = await attempt(() => decode(file));
  if (!decoded || turn !== opened) return;
  bitmap?.close();
  bitmap = decoded;
  state.name = (file.name || "picture").replace(/\.[^.]*$/, "");
  prepare();
}

/** Do something with a picture; if it cannot be read, say so and leave all as it was. */
async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof PictureError)) throw error;
    say(error.message, true);
    return null;
  }
}

function prepare() {
  if (!bitmap) return;
  pictures = { large: shrunk(bitmap, +by("size").value), small: shrunk(bitmap, PREVIEW) };
  result = null; // it belongs to the picture before
  paint(by("source"), pictures.large);
  by("source").setAttribute("aria-label", `Your picture, ${state.name}`);
  about.styles.forEach((_, style) => need(`style-${style}`, "small", style, 0));
  pick({});
}

function pick(changes) {
  Object.assign(state, { chosen: 0 }, changes);
  mark();
  for (let i = 0; i < VARIANTS; i++) need(`variant-${i}`, "small", state.style, state.first + i);
  needWord();
  choose(0);
}

/** Ask for the word, each row by another draw. */
function needWord() {
  for (const slot of needed.keys()) if (slot.startsWith("word-")) needed.delete(slot);
  for (let hand = 0; hand < HANDS; hand++)
    [...word()].forEach((letter, place) => {
      if (letter in alphabet)
        need(`word-${hand}-${place}`, letter, state.style, state.first + hand);
    });
}

function choose(variant) {
  state.chosen = variant;
  mark();
  need("result", "large", state.style, state.first + variant);
  ask();
}

function mark() {
  by("back").disabled = state.first === 0;
  for (const [group, value] of [["style", state.style], ["variant", state.chosen]])
    for (const input of document.getElementsByName(group)) input.checked = +input.value === value;
  for (let i = 0; i < VARIANTS; i++) {
    const number = state.first + i + 1;
    const { parentNode } = by(`variant-${i}`);
    parentNode.nextSibling.textContent = number;
    parentNode.previousSibling.setAttribute("aria-label", `Variant ${number}`);
  }
}

function need(slot, size, style, index) {
  needed.delete(slot);
  needed.set(slot, { slot, size, style, index, seed: state.seed });
}

/** Send all that is not shown yet, the large result first and the previews of styles last. */
function ask() {
  if (!about || !pictures) return;
  const order = (slot) => ["result", "variant", "word", "style"].indexOf(slot.split("-")[0]);
  const pieces = [...needed.values()].sort((a, b) => order(a.slot) - order(b.slot));
  by("result-part").setAttribute("aria-busy", "true");
  say("Restyling…");
  const all = { ...pictures, ...alphabet };
  worker.postMessage({ id: ++request, pictures: all, reference: state.reference, pieces });
  settle(); // a word without letters may leave nothing to wait for
}

function show(slot, picture) {
  needed.delete(slot);
  if (slot === "result") {
    result = picture;
    blend();
  } else if (slot.startsWith("word-")) letterAt(slot, picture);
  else paint(by(slot), picture);
  settle();
}

/** Say that all is shown, once it is. */
function settle() {
  if (needed.size) return;
  by("result-part").setAttribute("aria-busy", "false");
  say(`${state.name} in the style ${spoken(state.style)}, ${sizes()}.`);
}

const sizes = () => `${pictures.large.width} × ${pictures.large.height} pixels`;

function blend() {
  const percent = +by("strength").value;
  by("percent").textContent = `${percent} %`;
  if (!result) return;
  paint(by("result"), mixed(pictures.large, result, percent / 100));
  const text = `${state.name} in the style ${spoken(state.style)} at ${percent} % strength`;
  by("result").setAttribute("aria-label", text);
}

async function refer(file) {
  const decoded = await attempt(() => decode(file));
  if (!decoded) return;
  setReference(square(decoded, about.size), `The style is taken from ${file.name}.`);
  decoded.close();
}

function setReference(reference, sentence) {
  state.reference = reference;
  by("forget").disabled = !reference;
  by("origin").textContent = sentence;
  if (!pictures) return;
  about.styles.forEach((_, style) => need(`style-${style}`, "small", style, 0));
  pick({ first: 0 });
}

function download() {
  if (!result) return;
  by("result").toBlob((png) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(png);
    link.download = `${state.name}-${about.styles[state.style]}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }, "image/png");
}

/** Hand on the picture of an input, and let the same one be chosen again. */
function taken(id, action) {
  by(id).onchange = async ({ target }) => {
    const [file] = target.files;
    target.value = "";
    if (file && about) await action(file);
  };
}

by("word").oninput = () => {
  setWord();
  needWord();
  ask();
};
taken("file", open);
taken("camera", open);
taken("reference", refer);
by("forget").onclick = () => setReference(null, "Styles are drawn at random.");
by("size").onchange = prepare;
by("strength").oninput = blend;
by("download").onclick = download;
document.onpaste = ({ clipboardData }) => {
  if (clipboardData.files.length && about) open(clipboardData.files[0]);
};
document.ondragover = (event) => {
  event.preventDefault();
  by("drop").classList.add("over");
};
document.ondragleave = () => by("drop").classList.remove("over");
document.ondrop = (event) => {
  event.preventDefault();
  by("drop").classList.remove("over");
  const [file] = event.dataTransfer.files;
  if (file && about) open(file);
  else say("That was no file; drop a picture from a folder.", true);
};
