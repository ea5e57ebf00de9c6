// The networks, run by onnxruntime-web; nothing here knows the page.
import * as ort from "./runtime/ort.wasm.min.js";
import { threaded, threads } from "./threads.js";

const here = new URL("./", import.meta.url);
const runtime = (file) => new URL(`runtime/ort-wasm-simd-threaded.${file}`, here).href;
ort.env.wasm.wasmPaths = { mjs: threaded(runtime("js")), wasm: runtime("wasm") };
ort.env.wasm.numThreads = threads;
ort.env.logLevel = "error";

const MIX = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35];

/** Load model.json and the networks that it names. */
export async function load() {
  const about = await (await fetch(new URL("model.json", here))).json();
  const sessions = {};
  for (const [name, file] of Object.entries(about.files)) {
    const graph = await (await fetch(new URL(file, here))).arrayBuffer();
    sessions[name] = await ort.InferenceSession.create(new Uint8Array(graph));
  }
  return new Engine(about, sessions);
}

/** Standard normal numbers that depend on seed, style and index alone. */
export function normals(count, seed, style, index) {
  let state = Math.imul(seed + 1, MIX[0]) ^ Math.imul(style + 1, MIX[1]);
  state ^= Math.imul(index + 1, MIX[2]);
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
  // Box and Muller: two uniform numbers make a normal one.
  const one = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return Float32Array.from({ length: count }, one);
}

/** Bytes of a canvas to numbers in [-1, 1], edges repeated up to the size that is asked for. */
export function toNumbers(picture, width, height) {
  const plane = width * height;
  const numbers = new Float32Array(3 * plane);
  for (let y = 0; y < height; y++) {
    const row = Math.min(y, picture.height - 1) * picture.width;
    for (let x = 0; x < width; x++) {
      const from = 4 * (row + Math.min(x, picture.width - 1));
      for (let c = 0; c < 3; c++)
        numbers[c * plane + y * width + x] = picture.data[from + c] / 127.5 - 1;
    }
  }
  return numbers;
}

/** Numbers in [-1, 1] to the bytes of a canvas, cut to the size that is asked for. */
export function toBytes(numbers, across, down, width, height) {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const to = 4 * (y * width + x);
      // A clamped array rounds by itself.
      for (let c = 0; c < 3; c++)
        data[to + c] = (numbers[c * across * down + y * across + x] + 1) * 127.5;
      data[to + 3] = 255;
    }
  return { width, height, data };
}

class Engine {
  constructor(about, sessions) {
    this.about = about;
    this.sessions = sessions;
  }

  async run(name, first, second) {
    const session = this.sessions[name];
    const [a, b] = session.inputNames;
    const results = await session.run({ [a]: first, [b]: second });
    return results[session.outputNames[0]].data;
  }

  /** The style code that the mapping network makes of a latent z. */
  mapped(z, style) {
    const label = new ort.Tensor("int64", BigInt64Array.of(BigInt(style)), [1]);
    return this.run("mapping_network", new ort.Tensor("float32", z, [1, z.length]), label);
  }

  /** The style code that the encoder reads off a square picture. */
  encoded(picture, style) {
    const { size } = this.about;
    const x = new ort.Tensor("float32", toNumbers(picture, size, size), [1, 3, size, size]);
    const label = new ort.Tensor("int64", BigInt64Array.of(BigInt(style)), [1]);
    return this.run("style_encoder", x, label);
  }

  /**
   * The code of one result: drawn; or with a reference its own style, and further results move
   * a part of the way towards drawn ones.
   */
  async code({ style, seed, index, reference }) {
    if (reference && index === 0) return this.encoded(reference, style);
    const drawn = await this.mapped(normals(this.about.latent_dim, seed, style, index), style);
    if (!reference) return drawn;
    const own = await this.encoded(reference, style);
    return drawn.map((value, i) => own[i] + this.about.drawn * (value - own[i]));
  }

  /** A picture in a style. */
  async restyle(picture, code) {
    const { stride } = this.about;
    const fit = (side) => stride * Math.max(2, Math.ceil(side / stride));
    const [across, down] = [fit(picture.width), fit(picture.height)];
    const shape = [1, 3, down, across];
    const x = new ort.Tensor("float32", toNumbers(picture, across, down), shape);
    const s = new ort.Tensor("float32", code, [1, code.length]);
    const out = await this.run("generator", x, s);
    return toBytes(out, across, down, picture.width, picture.height);
  }
}
