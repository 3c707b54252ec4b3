// The café's clock: what time it is there, and the buttons that make it later.

/** Shows an instant as the shop's day: "Monday 23 November 2026". */
export function dayIn(timeZone) {
  return new Intl.DateTimeFormat("en-GB", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone,
  });
}

/** Shows an instant as the shop's time: "09:30". */
export function timeIn(timeZone) {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
}

export class Clock {
  #ahead = 0;
  #moving = false;
  #day;
  #time;
  #format;
  #buttons;
  #changed;
  #say;

  /** `changed` is called when it is suddenly later, `say` with what the server objects. */
  constructor(section, changed, say) {
    const { zone } = section.dataset;
    this.#format = { day: dayIn(zone), time: timeIn(zone) };
    this.#day = section.querySelector(".day");
    this.#time = section.querySelector("time");
    this.#buttons = [...section.querySelectorAll("[data-by]")];
    this.#changed = changed;
    this.#say = say;
    for (const button of this.#buttons) {
      button.addEventListener("click", () => this.#move(button));
    }
  }

  /** The café's instant, by the browser's clock and how far the café is ahead of it. */
  now() {
    return new Date(Date.now() + this.#ahead);
  }

  /** Take over what the server says. */
  set({ now, moving }) {
    this.#ahead = Date.parse(now) - Date.now();
    if (moving !== this.#moving) this.#rest(moving);
    this.#changed();
  }

  show(now) {
    const day = this.#format.day.format(now);
    if (this.#day.textContent !== day) this.#day.textContent = day;
    this.#time.textContent = this.#format.time.format(now);
  }

  #rest(moving) {
    this.#moving = moving;
    // Who listens to the page hears the day it comes to, not each one on the way.
    this.#day.setAttribute("aria-busy", moving);
    for (const button of this.#buttons) {
      // Not `disabled`: the keyboard would lose its place.
      button.setAttribute("aria-disabled", moving);
      if (!moving) button.removeAttribute("aria-busy");
    }
  }

  async #move(button) {
    if (this.#moving) return;
    this.#rest(true);
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch("/simulator/clock", {
        method: "POST",
        body: JSON.stringify({ by: button.dataset.by }),
      });
      if (!answer.ok) this.#say(await answer.text());
    } catch {
      this.#say("Not connected at the moment. Trying again…");
    }
    this.#rest(false);
  }
}
