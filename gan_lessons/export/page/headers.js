// A service worker that plays the server: where a page asks for something with `?threads`, the
// answer gets the headers without which browsers keep WebAssembly to one thread. It leaves all
// other requests alone, and keeps nothing.
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  // A worker with an address has its own policy, not the page's; it reaches no other host either.
  "Content-Security-Policy": "default-src 'self' 'wasm-unsafe-eval' blob: data:",
};

onfetch = (event) => {
  if (new URL(event.request.url).search === "?threads") event.respondWith(answer(event.request));
};

async function answer(request) {
  const given = await fetch(request);
  if (given.type !== "basic") return given; // sent on to elsewhere: not ours to change
  const { status, statusText } = given;
  const headers = new Headers(given.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(given.body, { status, statusText, headers });
}
