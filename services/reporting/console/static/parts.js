// Fetches a page of ours again and puts in the parts that changed, with the reader's place kept.

let latest = null;

export async function renew(address) {
  // The newest wish wins: an older answer that is still on its way is not waited for.
  if (latest) latest.abort();
  const wish = new AbortController();
  latest = wish;
  const answer = await fetch(address, { cache: "no-store", signal: wish.signal });
  if (answer.status === 401) {
    location.reload(); // to the page to sign in, which leads back here
    return false;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  const text = await answer.text();
  if (wish.signal.aborted) return false;
  return putIn(new DOMParser().parseFromString(text, "text/html"));
}

function putIn(fresh) {
  let changed = false;
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!other || other.innerHTML === part.innerHTML) continue;
    if (part.dataset.part !== "foot") changed = true;
    replace(part, other);
  }
  Object.assign(document.body.dataset, fresh.body.dataset);
  document.title = fresh.title;
  follow(fresh);
  return changed;
}

function replace(part, other) {
  const focused = part.contains(document.activeElement) ? place(document.activeElement) : null;
  const open = [...part.querySelectorAll("details[open][id]")].map((each) => each.id);
  const at = [window.scrollX, window.scrollY];
  part.innerHTML = other.innerHTML;
  for (const id of open) part.querySelector(`#${id}`)?.setAttribute("open", "");
  if (focused) (part.querySelector(focused) || document.getElementById("main")).focus({ preventScroll: true });
  window.scrollTo(...at);
}

function place(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const address = element.getAttribute("href");
  if (address) return `a[href="${CSS.escape(address)}"]`;
  const details = element.closest("details[id]");
  return details ? `#${details.id} summary` : "a";
}

function follow(fresh) {
  // The slider itself stays, for it may be in somebody's hand; it only learns of new events.
  const slider = document.getElementById("slider");
  const other = fresh.getElementById("slider");
  if (!slider || !other) return;
  const atEnd = slider.value === slider.max;
  slider.max = other.max;
  slider.dataset.sizes = other.dataset.sizes;
  slider.dataset.said = other.dataset.said;
  if (atEnd && document.body.dataset.live === "yes") slider.value = other.max;
}
