// From a file to pixels and back. What the browser cannot read is said in one sentence.

export const MOST_BYTES = 64 * 2 ** 20;
export const PREVIEW = 64; // pixels on the longer side of the small pictures

export class PictureError extends Error {}

/** Decode a file: upright, as its EXIF says, whatever its kind. */
export async function decode(file) {
  const name = file.name || "The picture";
  if (file.size > MOST_BYTES)
    throw new PictureError(`${name} is larger than 64 MiB; save it smaller, as JPEG or PNG.`);
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new PictureError(
      `${name} is damaged, or no picture that this browser reads; try a JPEG or PNG file.`,
    );
  }
}

/** Pixels of a bitmap whose longer side is at most so long, laid on white. */
export function shrunk(bitmap, longest) {
  const factor = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const side = (length) => Math.max(1, Math.round(length * factor));
  return drawn(bitmap, [0, 0, bitmap.width, bitmap.height], side(bitmap.width), side(bitmap.height));
}

/** Pixels of the central square of a bitmap. */
export function square(bitmap, size) {
  const side = Math.min(bitmap.width, bitmap.height);
  const place = [(bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side];
  return drawn(bitmap, place, size, size);
}

function drawn(bitmap, [left, top, across, down], width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, left, top, across, down, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** Show pixels on a canvas. */
export function paint(canvas, picture) {
  if (canvas.width !== picture.width || canvas.height !== picture.height)
    Object.assign(canvas, { width: picture.width, height: picture.height });
  const image = new ImageData(picture.data, picture.width, picture.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  canvas.dataset.painted = Number(canvas.dataset.painted || 0) + 1;
}

/** Show pixels on a part of a canvas whose left edge is given. */
export function paintAt(canvas, picture, left) {
  const image = new ImageData(picture.data, picture.width, picture.height);
  canvas.getContext("2d").putImageData(image, left, 0);
  canvas.dataset.painted = Number(canvas.dataset.painted || 0) + 1;
}

/** Go so far from the source to the result, and beyond. */
export function mixed(source, result, strength) {
  const data = new Uint8ClampedArray(result.data.length);
  for (let i = 0; i < data.length; i++)
    data[i] = source.data[i] + strength * (result.data[i] - source.data[i]);
  return { width: result.width, height: result.height, data };
}
