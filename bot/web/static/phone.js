// One phone on the page: shows what its chat holds and says what is done on it.

import { dayIn, timeIn } from "./clock.js";

const TYPING_AFTER = 250;
const TYPING_AT_MOST = 6000;

/** Make an element with attributes or properties, and put children in it. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** The text with its web addresses as links; a full stop after one belongs to the sentence. */
function linked(text) {
  const parts = text.split(/(https?:\/\/\S*[^\s.,;:!?)»”])/);
  return parts.map((part, place) =>
    place % 2
      ? make("a", { href: part, target: "_blank", rel: "noopener noreferrer" }, part)
      : part,
  );
}

export class Phone {
  #place;
  #clock;
  #calendar;
  #day = "";
  #list;
  #opening;
  #shown = new Map();
  #typing = null;
  #act;

  /** `act` takes what was done here: a command for the server and the element it came from. */
  constructor(section, place, act) {
    this.section = section;
    // The shop's zone, in which the bot speaks, wherever the browser is.
    this.#clock = timeIn(section.dataset.zone);
    this.#calendar = dayIn(section.dataset.zone);
    this.#place = place;
    this.#act = act;
    this.#list = section.querySelector(".messages");
    this.#opening = section.querySelector(".opening");
    const start = this.#opening.querySelector("button");
    start.addEventListener("click", () => this.#say(start.dataset.text));
    const form = section.querySelector(".composer");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = form.elements.text.value.trim();
      if (text && this.#say(text)) form.reset();
    });
    const { scanner, scannerRole } = section.dataset;
    this.scanner = scanner === "" ? null : Number(scanner);
    this.scanHint =
      scannerRole === "colleague"
        ? "Tap the code to scan it at the till"
        : "Tap the code to scan it as the customer";
  }

  /** Forget everything, before the server tells it anew. */
  clear() {
    this.rest();
    this.#shown.clear();
    this.#day = "";
    this.#list.replaceChildren();
    this.#opening.hidden = false;
  }

  /** Show a message, or what became of it; true when the bot said something new. */
  show(message, fresh) {
    const before = this.#shown.get(message.id);
    const item = this.#render(message);
    const leaving = [this.#opening, before];
    const held = leaving.some((element) => element?.contains(document.activeElement));
    this.#shown.set(message.id, item);
    this.#opening.hidden = true;
    if (message.from === "bot") this.rest();
    if (before) {
      before.replaceWith(item);
    } else {
      item.classList.toggle("fresh", fresh);
      this.#open(message.at);
      this.#list.insertBefore(item, this.#typing);
    }
    // The pressed button is gone: keep the keyboard's place in this chat.
    if (held) (item.querySelector(".keyboard button") ?? this.#list).focus({ preventScroll: true });
    this.#toEnd(fresh);
    return fresh && !before && message.from === "bot";
  }

  /** Show the dots of somebody writing until the answer comes, or it is clear that none will. */
  expectAnswer() {
    this.rest();
    const dots = make("li", { className: "message bot typing", ariaHidden: "true", hidden: true });
    dots.append(make("div", { className: "bubble" }, make("i"), make("i"), make("i")));
    dots.timers = [
      setTimeout(() => {
        dots.hidden = false;
        this.#toEnd(true);
      }, TYPING_AFTER),
      setTimeout(() => this.rest(), TYPING_AT_MOST),
    ];
    this.#typing = dots;
    this.#list.append(dots);
  }

  /** Set the clock in the status bar. */
  tick(now) {
    this.section.querySelector(".bar time").textContent = this.#clock.format(now);
  }

  #say(text) {
    return this.#act({ type: "text", phone: this.#place, text });
  }

  /** Expect nothing any more: the dots go, and no button is busy. */
  rest() {
    this.#typing?.timers.forEach(clearTimeout);
    this.#typing?.remove();
    this.#typing = null;
    for (const button of this.#list.querySelectorAll("[aria-busy]")) {
      button.removeAttribute("aria-busy");
    }
  }

  /** Put a line with the date where another day begins, as chats do. */
  #open(at) {
    const day = this.#calendar.format(new Date(at));
    if (day === this.#day) return;
    this.#day = day;
    const line = make("li", { className: "day" }, make("time", { dateTime: at }, day));
    this.#list.insertBefore(line, this.#typing);
  }

  #toEnd(smoothly) {
    const behavior = smoothly ? "smooth" : "instant";
    requestAnimationFrame(() => this.#list.scrollTo({ top: this.#list.scrollHeight, behavior }));
  }

  #render(message) {
    const item = make("li", { className: `message ${message.from}` });
    const bubble = make("div", { className: "bubble" });
    if (message.picture) {
      item.classList.add("with-picture");
      bubble.append(this.#picture(message));
    }
    bubble.append(
      make("span", { className: "words" }, ...linked(message.text)),
      make("time", { dateTime: message.at }, this.#clock.format(new Date(message.at))),
    );
    item.append(bubble, ...message.buttons.map((row) => this.#row(row, message)));
    return item;
  }

  #picture(message) {
    const image = make("img", { src: `data:image/png;base64,${message.picture}` });
    image.addEventListener("load", () => this.#toEnd(false));
    if (!message.scan || this.scanner === null) {
      image.alt = "Picture";
      return make("div", { className: "picture" }, image);
    }
    image.alt = "QR code.";
    const hint = make("span", { className: "hint" }, icon("scan"), this.scanHint);
    const button = make("button", { type: "button", className: "picture" }, image, hint);
    button.addEventListener("click", () => {
      this.#act({ type: "scan", phone: this.scanner, link: message.scan }, button);
    });
    return button;
  }

  #row(row, message) {
    const keys = row.map(({ label, data, contact }) => {
      const button = make("button", { type: "button" }, ...(contact ? [icon("contact")] : []), label);
      button.addEventListener("click", () => {
        const command = contact
          ? { type: "contact", phone: this.#place }
          : { type: "press", phone: this.#place, message: message.id, data };
        if (this.#act(command)) button.setAttribute("aria-busy", "true");
      });
      return button;
    });
    return make("div", { className: "keyboard" }, ...keys);
  }
}
