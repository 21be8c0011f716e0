// Live updates. Everything works without this file: it only saves reloading the page.
// An EventSource carries counters; when they change, the rows of the page are fetched and put in their place.

const pauseButton = document.querySelector("[data-pause]");
const rows = document.querySelector("[data-live]");
const mostRows = 50;
let seen = document.body.dataset.changes;
let last = null; // what the stream said last
let source = null; // the stream, in the one window that has it
let turn = null; // this window's place in the queue for it
let paused = false, fetching = false, again = false;

function group(value) {
  return typeof value === "number" ? String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f") : value;
}

function show(counters) {
  for (const place of document.querySelectorAll("[data-count]")) {
    const value = counters[place.dataset.count];
    if (value !== undefined && place.textContent !== group(value)) place.textContent = group(value);
  }
}

// A person at work in a row keeps it as it is.
function busy(row) {
  return row.contains(document.activeElement) || row.querySelector("details[open]") !== null;
}

function bar(text) {
  if (rows.querySelector("tr.more")) return;
  rows.insertAdjacentHTML("afterbegin", '<tr class="more"><td colspan="20" data-label=""><a></a></td></tr>');
  const link = rows.querySelector("tr.more a");
  link.href = location.pathname + location.search;
  link.textContent = text;
}

function place(fresh) {
  const known = new Set([...rows.children].map((row) => row.id).filter(Boolean));
  const unseen = fresh.filter((row) => !known.has(row.id));
  if (known.size > 0 && unseen.length >= mostRows) { // more than fit: the person asks for them
    bar(`${mostRows}+ ${rows.dataset.live}`);
    return;
  }
  for (const row of fresh) {
    const old = document.getElementById(row.id);
    if (old && old.outerHTML !== row.outerHTML && !busy(old)) old.replaceWith(row);
  }
  const above = scrollY > rows.getBoundingClientRect().top + scrollY ? rows.offsetHeight : 0;
  rows.prepend(...unseen);
  while (rows.children.length > mostRows && !busy(rows.lastElementChild)) rows.lastElementChild.remove();
  if (above) scrollBy(0, rows.offsetHeight - above);
}

async function refresh() {
  if (!rows) return;
  if (fetching) return void (again = true);
  fetching = true;
  try {
    const address = new URL(location.href);
    address.searchParams.set("rows", "1");
    const answer = await fetch(address, { cache: "no-store" });
    if (answer.ok) {
      const template = document.createElement("template");
      template.innerHTML = await answer.text(); // of this server, which escapes every text in it
      place([...template.content.children]);
    }
  } catch {
    // the stream says when the server is back
  } finally {
    await new Promise((done) => setTimeout(done, 500));
    fetching = false;
    if (again) refresh((again = false));
  }
}

// Windows of one browser share a stream: browsers allow six connections to a server, and the seventh window would hang.
// The window that holds the lock has the stream, and tells the others.
const channel = navigator.locks && new BroadcastChannel(`djamo ${document.documentElement.lang}`);

function take(event) {
  show(JSON.parse(event.data));
  if (event.id !== seen) refresh();
  seen = event.id;
}

function listen(after) {
  source = new EventSource(`/events?after=${encodeURIComponent(after)}`);
  source.onmessage = ({ data, lastEventId }) => {
    last = { data, id: lastEventId };
    take(last);
    channel?.postMessage(last);
  };
}

if (channel) {
  channel.onmessage = ({ data: said }) => {
    if (said.id !== undefined && turn && !(said.again && said.id === seen)) take(said);
    if (said.id !== undefined || !source) return;
    if (last) return channel.postMessage({ ...last, again: true });
    source.close(), listen(""); // for what is now
  };
}

function open() {
  if (turn || paused || document.hidden) return;
  const mine = (turn = new AbortController());
  if (!channel) return listen(seen);
  channel.postMessage({ ask: true });
  const held = () => turn === mine && new Promise((done) => (mine.signal.addEventListener("abort", done), listen(seen)));
  navigator.locks.request(channel.name, { signal: mine.signal }, held).catch(() => {}); // it left the queue
}

function close() {
  source?.close();
  turn?.abort();
  source = last = turn = null;
}

// A hidden tab holds no connection: browsers allow six to a server.
document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
addEventListener("pagehide", close);
addEventListener("pageshow", open);

if (pauseButton) {
  pauseButton.hidden = false;
  pauseButton.addEventListener("click", () => {
    paused = !paused;
    pauseButton.textContent = paused ? pauseButton.dataset.resume : pauseButton.dataset.pause;
    (paused ? close : open)();
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = document.body.dataset.copied;
  });
}

document.querySelector("nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// What was done is said once, not again on reload.
const address = new URL(location.href);
if (address.searchParams.has("done")) {
  address.searchParams.delete("done");
  history.replaceState(null, "", address);
}

open();
