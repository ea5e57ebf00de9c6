// A word in many hands, where the model draws letters: a row a hand, a piece a letter.
import { PREVIEW, decode, paintAt, shrunk } from "./pictures.js";

export const HANDS = 8;
const LONGEST = 16; // letters
const by = (id) => document.getElementById(id);
let present = "";

/** The word as it is drawn: capitals and spaces. */
export const word = () => present;

/** Pictures of A to Z by letter, and the line to type in; nothing where the model draws others. */
export async function loadAlphabet() {
  const files = await (await fetch("alphabet.json")).json();
  const alphabet = {};
  for (const [letter, file] of Object.entries(files)) {
    const bitmap = await decode(await (await fetch(file)).blob());
    alphabet[letter] = shrunk(bitmap, PREVIEW);
    bitmap.close();
  }
  if (!Object.keys(alphabet).length) return alphabet;
  for (let hand = 0; hand < HANDS; hand++) {
    const canvas = Object.assign(document.createElement("canvas"), { id: `word-${hand}` });
    canvas.setAttribute("role", "img");
    by("words").append(canvas);
  }
  by("word-part").hidden = false;
  setWord();
  return alphabet;
}

/** Take what is typed: A to Z in capitals; name what is left out. */
export function setWord() {
  const left = new Set();
  present = "";
  for (const character of by("word").value.trim().replace(/\s+/g, " ")) {
    const capital = character.toUpperCase();
    if (/^[A-Z ]$/.test(capital)) present += capital;
    else left.add(character);
  }
  present = present.slice(0, LONGEST);
  by("word-note").textContent = left.size
    ? `Left out, since only A to Z are known here: ${[...left].join(" ")}.`
    : "Each is another draw of the style, or follows your reference.";
  for (let hand = 0; hand < HANDS; hand++) {
    const canvas = by(`word-${hand}`);
    Object.assign(canvas, { width: PREVIEW * Math.max(1, present.length), height: PREVIEW });
    canvas.setAttribute("aria-label", `${present || "Nothing"}, hand ${hand + 1}`);
  }
}

/** Put a letter into its row. */
export function letterAt(slot, picture) {
  const [, hand, place] = slot.split("-");
  if (+place < present.length) paintAt(by(`word-${hand}`), picture, PREVIEW * place);
}
