// Follows the log: when it has grown, what the page shows is fetched again.

import { renew } from "./parts.js";

const PAUSE = 2000; // milliseconds between two refreshes, at least
const LONGEST_PAUSE = 60000;

let source = null;
let pause = PAUSE;
let waiting = null;

export function listen() {
  if (!("EventSource" in window) || !document.body.dataset.live) return;
  // A browser has few connections for one server: pages out of sight give theirs back.
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : open()));
  if (!document.hidden) open();
}

function open() {
  if (source) return;
  source = new EventSource("/live");
  source.addEventListener("size", (event) => grown(Number(event.data)));
  source.addEventListener("open", () => (pause = PAUSE));
  source.addEventListener("error", () => {
    if (source && source.readyState === EventSource.CLOSED) again();
  });
}

function rest() {
  if (source) source.close();
  source = null;
}

function again() {
  rest();
  pause = Math.min(2 * pause, LONGEST_PAUSE);
  setTimeout(() => document.hidden || open(), pause);
}

function grown(size) {
  document.body.dataset.told = String(size);
  if (!waiting) waiting = setTimeout(refresh, 50);
}

async function refresh() {
  waiting = null;
  const { live, size, told } = document.body.dataset;
  if (live !== "yes" || Number(told) === Number(size)) return; // the past does not change
  if (isSelecting()) {
    waiting = setTimeout(refresh, PAUSE);
    return;
  }
  const news = document.getElementById("news");
  try {
    const changed = await renew(location.href);
    waiting = waiting || setTimeout(refresh, PAUSE);
    if (changed) {
      news.textContent = "有新记录, 本页已更新";
      setTimeout(() => (news.textContent = ""), 6000);
    }
  } catch (problem) {
    if (problem.name !== "AbortError") waiting = waiting || setTimeout(refresh, 2 * PAUSE);
  }
}

function isSelecting() {
  const selection = document.getSelection();
  return selection !== null && !selection.isCollapsed;
}
