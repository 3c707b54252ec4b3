// The demo's page: the phones, the line to the server, and a code's way between two phones.

import { Clock } from "./clock.js";
import { Phone } from "./phone.js";

const RETRY_FIRST = 500;
const RETRY_LAST = 5000;
const TOAST_FOR = 5000;

const still = matchMedia("(prefers-reduced-motion: reduce)");
const swiped = matchMedia("(max-width: 63.9375rem)");

const tabs = [...document.querySelectorAll(".tabs button")];
const phones = [...document.querySelectorAll(".phone")].map(
  (section, place) => new Phone(section, place, act),
);
const clock = new Clock(document.querySelector(".clock"), tick, toast);
const unread = phones.map(() => 0);

let socket = null;
let retryAfter = RETRY_FIRST;
let inHand = 0;

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/simulator/ws`);
  socket.addEventListener("open", () => {
    retryAfter = RETRY_FIRST;
    phones.forEach((phone) => phone.clear());
    line("open", "Connected");
  });
  socket.addEventListener("message", (event) => hear(JSON.parse(event.data)));
  socket.addEventListener("close", () => {
    line("waiting", "Connecting again…");
    setTimeout(connect, retryAfter);
    retryAfter = Math.min(retryAfter * 2, RETRY_LAST);
  });
}

function line(state, text) {
  const status = document.querySelector(".line");
  status.dataset.state = state;
  status.firstElementChild.textContent = text;
}

function hear(news) {
  if (news.type === "problem") {
    phones.forEach((phone) => phone.rest());
    toast(news.text);
    return;
  }
  if (news.type === "clock") {
    clock.set(news);
    return;
  }
  const spoke = phones[news.phone].show(news.message, news.fresh);
  if (spoke && news.phone !== inHand) mark(news.phone, unread[news.phone] + 1);
}

/** Do what was done on a phone; false when the server can't be told. */
function act(command, picture) {
  if (socket.readyState !== WebSocket.OPEN) {
    toast("Not connected at the moment. Trying again…");
    return false;
  }
  if (picture) scan(command, picture);
  else send(command);
  return true;
}

function send(command) {
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify(command));
  phones[command.phone].expectAnswer();
}

/** Let the light pass over the code, carry it to the other phone, and tell the server. */
async function scan(command, picture) {
  if (picture.classList.contains("scanning")) return;
  const { section } = phones[command.phone];
  if (!still.matches) {
    picture.classList.add("scanning");
    await new Promise((done) => setTimeout(done, 700));
    picture.classList.remove("scanning");
    if (!swiped.matches) await fly(picture.querySelector("img"), section);
  }
  take(command.phone);
  bringIntoView(section);
  send(command);
}

function fly(image, section) {
  const from = image.getBoundingClientRect();
  const to = section.querySelector(".room").getBoundingClientRect();
  const copy = image.cloneNode();
  copy.className = "flying";
  copy.alt = "";
  for (const side of ["left", "top", "width", "height"]) copy.style[side] = `${from[side]}px`;
  document.body.append(copy);
  const x = to.left + to.width / 2 - (from.left + from.width / 2);
  const y = to.top + to.height / 2 - (from.top + from.height / 2);
  const flight = copy.animate(
    [
      { transform: "none", opacity: 1 },
      { transform: `translate(${x * 0.55}px, ${y * 0.5 - 60}px) scale(0.7)`, opacity: 1, offset: 0.55 },
      { transform: `translate(${x}px, ${y}px) scale(0.35)`, opacity: 0 },
    ],
    { duration: 650, easing: "ease-in-out" },
  );
  return flight.finished.finally(() => copy.remove());
}

function bringIntoView(section) {
  if (!swiped.matches) return;
  const behavior = still.matches ? "instant" : "smooth";
  section.scrollIntoView({ behavior, inline: "center", block: "nearest" });
}

/** The person looks at this phone now: what it holds is read. */
function take(place) {
  inHand = place;
  mark(place, 0);
  tabs.forEach((tab, n) => {
    if (n === place) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  });
}

function mark(place, count) {
  unread[place] = count;
  const { section } = phones[place];
  section.classList.toggle("pulse", count > 0);
  for (const badge of [section.querySelector(".badge"), tabs[place].querySelector(".badge")]) {
    badge.hidden = count === 0;
    badge.textContent = `${count} new`;
  }
}

let toastEnds = 0;

function toast(text) {
  const box = document.querySelector(".toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => (box.hidden = true), TOAST_FOR);
}

function tick() {
  const now = clock.now();
  clock.show(now);
  phones.forEach((phone) => phone.tick(now));
}

// Side by side, the phone in hand is the one touched; in a row, the one swiped to.
const looks = new IntersectionObserver(
  (entries) => {
    const seen = entries.find((entry) => entry.isIntersecting);
    if (seen && swiped.matches) take(phones.findIndex((phone) => phone.section === seen.target));
  },
  { root: document.querySelector(".phones"), threshold: 0.7 },
);
phones.forEach((phone, place) => {
  looks.observe(phone.section);
  for (const event of ["pointerdown", "focusin", "pointerenter"]) {
    phone.section.addEventListener(event, () => take(place));
  }
});
tabs.forEach((tab, place) => {
  tab.addEventListener("click", () => {
    take(place);
    bringIntoView(phones[place].section);
  });
});

take(0);
tick();
setInterval(tick, 5000);
connect();
