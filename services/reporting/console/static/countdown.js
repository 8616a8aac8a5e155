// Keeps what is left until a limit true while the page is open, by the server's clock.

const MINUTE = 60, HOUR = 3600, DAY = 86400;

export function keepTime() {
  const ahead = Date.now() - Date.parse(document.body.dataset.now);
  const tell = () => {
    for (const place of document.querySelectorAll("[data-due]")) {
      const left = Math.floor((Date.parse(place.dataset.due) - (Date.now() - ahead)) / 1000);
      const said = left >= 0 ? `还剩 ${span(left)}` : `已逾期 ${span(-left)}`;
      if (place.textContent !== said) place.textContent = said;
    }
  };
  setInterval(tell, 10000);
}

// spans.py says the same on the server.
function span(seconds) {
  const days = Math.floor(seconds / DAY);
  const hours = Math.floor((seconds % DAY) / HOUR);
  const minutes = Math.floor((seconds % HOUR) / MINUTE);
  if (days) return hours ? `${days}天${hours}小时` : `${days}天`;
  if (hours) return minutes ? `${hours}小时${minutes}分` : `${hours}小时`;
  return minutes ? `${minutes}分` : "不到1分";
}
