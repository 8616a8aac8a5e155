// The as-of slider: each place is an event of the incident, and an address to send to a colleague.

import { renew } from "./parts.js";

const PATIENCE = 120; // milliseconds of rest before the page is asked for

export function slide() {
  const slider = document.getElementById("slider");
  if (!slider) return;
  slider.hidden = false;
  let waiting = null;
  say(slider);
  slider.addEventListener("input", () => {
    say(slider);
    clearTimeout(waiting);
    waiting = setTimeout(() => show(slider), PATIENCE);
  });
  window.addEventListener("popstate", () => location.reload());
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#step-before, #step-after");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    slider.value = String(Number(slider.value) + (link.id === "step-before" ? -1 : 1));
    say(slider);
    show(slider);
  });
}

async function show(slider) {
  const address = addressOf(slider);
  history.replaceState(null, "", address);
  try {
    await renew(address);
  } catch (problem) {
    if (problem.name !== "AbortError") location.assign(address);
  }
}

function addressOf(slider) {
  const at = Number(slider.value);
  if (slider.value === slider.max) return slider.dataset.address;
  return `${slider.dataset.address}?size=${at ? slider.dataset.sizes.split(",")[at - 1] : 0}`;
}

function say(slider) {
  const at = Number(slider.value);
  const said = at ? slider.dataset.said.split("|")[at - 1] : "登记之前";
  slider.setAttribute("aria-valuetext", `第 ${at} 条, 共 ${slider.max} 条：${said}`);
}
