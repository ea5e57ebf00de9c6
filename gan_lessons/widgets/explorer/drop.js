// Two small pieces for the style explorer: a place for pictures (drop, paste, choose, camera), and a
// map that a pointer or the arrow keys move on. A picture is made small here, before it is sent.

const SIDE = 512; // pixels: what is sent is never larger
const MOST = 1024 * 1024; // bytes of a file that this browser cannot read, and the kernel may

function element(parent, kind, options = {}) {
  const made = Object.assign(document.createElement(kind), options);
  parent.appendChild(made);
  return made;
}

// Drawn onto white at a bounded size. What the browser knows about the file, its name included,
// stays behind.
async function shrunk(bitmap, width, height) {
  const factor = Math.min(1, SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * factor));
  canvas.height = Math.max(1, Math.round(height * factor));
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return blob.arrayBuffer();
}

async function packed(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const data = await shrunk(bitmap, bitmap.width, bitmap.height);
    bitmap.close();
    return data;
  } catch {
    if (file.size <= MOST) return file.arrayBuffer(); // the kernel says what is wrong with it
    throw new Error(
      `This browser cannot read the picture, and with ${(file.size / 2 ** 20).toFixed(1)} MB it is ` +
        "too large to be sent as it is. Save it as JPEG or PNG."
    );
  }
}

function pictures({ model, el }) {
  const zone = element(el, "div", { className: "gan-drop", tabIndex: 0 });
  zone.setAttribute("role", "group");
  zone.setAttribute("aria-label", model.get("label"));
  const text = element(zone, "span");
  const buttons = element(zone, "div", { className: "gan-drop-buttons" });
  const choose = element(buttons, "button", { type: "button", textContent: "Choose a file" });
  const input = element(zone, "input", { type: "file", accept: "image/*", hidden: true });
  choose.onclick = () => input.click();
  const say = (words) => (text.textContent = words);
  text.setAttribute("role", "status");

  const send = (data) => model.send({ kind: "picture" }, undefined, [data]);
  const invite = "Drop or paste a picture here";
  async function take(file) {
    if (!file) return say("There was no picture in that");
    say("Reading the picture");
    try {
      send(await packed(file));
    } catch (error) {
      model.send({ kind: "refused", reason: error.message });
    }
    say(invite);
  }
  say(invite);

  input.onchange = () => {
    take(input.files[0]);
    input.value = ""; // the same file can be chosen again
  };
  const firstImage = (items) => [...(items || [])].find((file) => file.type !== "text/plain");
  const over = (inside) => (event) => {
    event.preventDefault();
    event.stopPropagation();
    zone.classList.toggle("gan-drop-over", inside);
  };
  zone.addEventListener("dragenter", over(true));
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    take(firstImage(event.dataTransfer.files));
  });
  let near = false;
  zone.onpointerenter = () => (near = true);
  zone.onpointerleave = () => (near = false);
  const paste = (event) => {
    if (!near && !zone.contains(document.activeElement)) return;
    const file = firstImage(event.clipboardData && event.clipboardData.files);
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    take(file);
  };
  document.addEventListener("paste", paste, true);
  const stop = navigator.mediaDevices ? camera(zone, buttons, send, say) : () => {};
  return () => {
    document.removeEventListener("paste", paste, true);
    stop();
  };
}

function camera(zone, buttons, send, say) {
  let stream = null;
  const open = element(buttons, "button", { type: "button", textContent: "Camera" });
  // A dialog lies above the page and moves nothing on it; Escape closes it, too.
  const view = element(zone, "dialog", { className: "gan-camera" });
  view.setAttribute("aria-label", "Camera");
  const video = element(view, "video", { muted: true, playsInline: true });
  video.setAttribute("aria-label", "what the camera sees");
  const choices = element(view, "div", { className: "gan-drop-buttons" });
  const take = element(choices, "button", { type: "button", textContent: "Take the picture" });
  const close = element(choices, "button", { type: "button", textContent: "Close" });
  const stop = () => {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
  };
  open.onclick = async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
    } catch {
      return say("The camera could not be opened; allow it, or choose a file");
    }
    video.srcObject = stream;
    await video.play();
    view.showModal();
  };
  take.onclick = async () => {
    send(await shrunk(video, video.videoWidth, video.videoHeight));
    view.close();
  };
  close.onclick = () => view.close();
  view.onclose = stop;
  return stop;
}

const STEP = 0.1;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function map({ model, el }) {
  const pad = element(el, "div", { className: "gan-map", tabIndex: 0 });
  pad.setAttribute("role", "slider");
  pad.setAttribute("aria-label", model.get("label"));
  const image = element(pad, "img", { alt: "", draggable: false });
  const dot = element(pad, "span", { className: "gan-map-dot" });
  const reach = model.get("reach");
  const clamp = (value) => Math.min(reach, Math.max(-reach, Math.round(value * 100) / 100));
  let address = null;
  let waiting = 0;

  function go(x, y) {
    model.set("x", clamp(x));
    model.set("y", clamp(y));
    // At most one message a frame of the screen, however fast the pointer moves.
    if (!waiting) {
      waiting = requestAnimationFrame(() => {
        waiting = 0;
        model.save_changes();
      });
    }
  }
  const follow = (event) => {
    const box = pad.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width;
    const down = (event.clientY - box.top) / box.height;
    go((2 * across - 1) * reach, (1 - 2 * down) * reach);
  };
  pad.onpointerdown = (event) => {
    pad.setPointerCapture(event.pointerId);
    follow(event);
  };
  pad.onpointermove = (event) => pad.hasPointerCapture(event.pointerId) && follow(event);
  pad.onkeydown = (event) => {
    const way = event.key === "Home" ? null : KEYS[event.key];
    if (way === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (way === null) go(0, 0);
    else go(model.get("x") + way[0] * STEP, model.get("y") + way[1] * STEP);
  };
  function place() {
    const [x, y] = [model.get("x"), model.get("y")];
    dot.style.left = `${50 * (1 + x / reach)}%`;
    dot.style.top = `${50 * (1 - y / reach)}%`;
    pad.setAttribute("aria-valuetext", `${x.toFixed(2)} across, ${y.toFixed(2)} up`);
    pad.setAttribute("aria-valuemin", -reach);
    pad.setAttribute("aria-valuemax", reach);
    pad.setAttribute("aria-valuenow", x);
  }
  function paint() {
    const bytes = model.get("image");
    if (!bytes || !bytes.byteLength) return;
    const fresh = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    image.src = fresh;
    if (address) URL.revokeObjectURL(address);
    address = fresh;
  }
  model.on("change:x change:y", place);
  model.on("change:image", paint);
  place();
  paint();
  return () => {
    if (waiting) cancelAnimationFrame(waiting);
    if (address) URL.revokeObjectURL(address);
    model.off("change:x change:y", place);
    model.off("change:image", paint);
  };
}

export default {
  render: (context) => (context.model.get("kind") === "map" ? map : pictures)(context),
};
