// More than one thread for WebAssembly. Browsers give them to pages that came with two headers,
// which a plain server does not send; where a service worker may run, it adds them.

const MARK = "?threads";
const MOST = 4; // as many as onnxruntime-web takes by itself
const PATIENCE = 3000; // milliseconds; a browser may take a service worker and never start it

/** How many threads WebAssembly gets here, in a page or in its worker. */
export const threads = self.crossOriginIsolated ? Math.min(MOST, navigator.hardwareConcurrency) : 1;

/** The address of a script that is to run on threads of its own. */
export const threaded = (address) => (threads > 1 ? address + MARK : address);

/**
 * Load the page once more through the service worker, before anything else is loaded. Returns
 * where the page stays as it is: it has its headers, or there is no way to get them.
 */
export async function prepare() {
  if (location.search === MARK) return history.replaceState(null, "", location.pathname);
  if (self.crossOriginIsolated || !navigator.serviceWorker) return;
  const script = new URL("headers.js", import.meta.url);
  const started = navigator.serviceWorker.register(script).then(() => navigator.serviceWorker.ready);
  const late = new Promise((_, refuse) => setTimeout(refuse, PATIENCE));
  try {
    await Promise.race([started, late]);
  } catch {
    return; // not allowed here
  }
  location.replace(MARK);
  await new Promise(() => {}); // until the other page is there
}
