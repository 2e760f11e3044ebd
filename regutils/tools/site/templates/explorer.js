// Controls over pictures that all stand in this page. No library, no request, nothing stored.
"use strict";

// Decoded pictures are large; so many bytes of them are kept, those around the slider's position.
const KEPT_BYTES = 160e6;

// On a screen as narrow as this the panels of a picture stand one under the other, at most so many
// points wide.
const PHONE = matchMedia("(max-width: 40rem)");
const NARROW = 400; // as in panels.py

// From here on the film strips are for paper only.
document.documentElement.classList.add("scripted");

class Explorer {
  static last = null; // the one whose pictures are decoded ahead

  constructor(section) {
    this.section = section;
    this.canvas = section.querySelector("canvas");
    this.reading = section.querySelector(".reading");
    this.canvas.style.width = `${this.canvas.dataset.width}px`;
    for (const part of section.querySelectorAll("[hidden]")) part.hidden = false;
    section.addEventListener("input", (event) => this.moved(event.target));
    section.querySelector(".copy-link").addEventListener("click", (event) => {
      this.wake().write();
      copy(event.target, location.href);
    });
  }

  // A hand may be here before the observer has woken the explorer; its move is not lost.
  moved(input) {
    const place = Number(input.value); // waking sets the controls to where they start
    const control = this.wake().controls.find(({ element }) => element.contains(input));
    this.set({ [control.name]: place });
    this.followed();
  }

  // Begins to work, once; until then nothing of it is parsed or decoded.
  wake() {
    if (this.data) return this;
    const { section, canvas } = this;
    this.data = JSON.parse(document.getElementById(`${section.id}-data`).textContent);
    this.controls = this.data.controls.map((control, i) => ({
      ...control,
      short: control.label.split(",")[0],
      element: section.querySelectorAll(".control")[i],
      at: control.start,
    }));
    this.context = canvas.getContext("2d", { alpha: false });
    const [width, height] = this.data.size;
    this.most = Math.max(8, Math.floor(KEPT_BYTES / (4 * width * height)));
    this.decoded = new Map(); // position → ImageBitmap
    this.decoding = new Map(); // position → promise of one
    this.arrange();
    PHONE.addEventListener("change", () => {
      this.arrange();
      this.show(this.position);
    });
    this.set({});
    return this;
  }

  // Where each panel lies in the picture, how far down on the canvas, and how large: on a phone what
  // is wider than a panel (a legend, a row that cannot be cut) is made smaller, and it alone.
  arrange() {
    const [width, height] = this.data.size;
    const most = PHONE.matches ? (NARROW * width) / this.data.width : width;
    let down = 0;
    this.parts = (PHONE.matches ? this.data.panels : [[0, 0, width, height]]).map((part) => {
      const scale = Math.min(1, most / part[2]);
      const placed = [...part, down, scale];
      down += Math.round(part[3] * scale);
      return placed;
    });
    this.canvas.width = Math.max(...this.parts.map(([, , wide, , , scale]) => wide * scale));
    this.canvas.height = down;
    this.canvas.style.width = `${(this.canvas.width * this.data.width) / width}px`;
  }

  draw(picture) {
    for (const [x, y, width, height, down, scale] of this.parts) {
      this.context.drawImage(picture, x, y, width, height, 0, down, width * scale, height * scale);
    }
  }

  // Position of the controls among all combinations; the last control runs fastest.
  get position() {
    return this.controls.reduce((at, control) => at * control.texts.length + control.at, 0);
  }

  // Moves controls, each to one of its positions.
  set(places) {
    for (const control of this.controls) {
      control.at = places[control.name] ?? control.at;
      const range = control.element.querySelector("input[type=range]");
      if (range) {
        range.value = control.at;
        range.setAttribute("aria-valuetext", `${control.short} = ${control.texts[control.at]}`);
        control.element.querySelector("output").textContent = control.texts[control.at];
      } else {
        control.element.querySelectorAll("input")[control.at].checked = true;
      }
    }
    if (Explorer.last !== this) Explorer.last?.forget();
    Explorer.last = this;
    this.show(this.position);
  }

  // Draws at once what is decoded already; else as soon as it is, unless the slider has moved on.
  async show(position) {
    this.wanted = position;
    const picture = this.decoded.get(position) ?? (await this.decode(position));
    if (this.wanted !== position) return;
    this.context.fillStyle = "#fff";
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.draw(picture);
    this.reading.textContent = this.data.readings[position];
    this.canvas.dataset.position = position;
    this.ahead();
  }

  async decode(position) {
    if (!this.decoding.has(position)) {
      const source = this.data.pictures[position] ?? document.getElementById(`${this.section.id}-${position}`);
      this.decoding.set(position, bitmap(source));
    }
    const picture = await this.decoding.get(position);
    this.decoding.delete(position);
    this.decoded.set(position, picture);
    return picture;
  }

  // Decodes what the slider may show next, nearest first, one at a time, and lets go of what is far.
  async ahead() {
    if (this.busy) return;
    this.busy = true;
    for (;;) {
      const near = this.nearest();
      for (const [position, picture] of this.decoded) {
        if (!near.includes(position)) {
          picture.close();
          this.decoded.delete(position);
        }
      }
      const next = near.find((position) => !this.decoded.has(position));
      if (next === undefined || Explorer.last !== this) break;
      await this.decode(next);
    }
    this.busy = false;
  }

  // The positions around the present one, as many as are kept, by how far the controls would have to go.
  nearest() {
    const away = (position) => {
      let far = 0;
      for (const control of this.controls.toReversed()) {
        const length = control.texts.length;
        const steps = Math.abs((position % length) - control.at);
        far += control.kind === "choice" ? Math.min(steps, 1) : steps;
        position = Math.floor(position / length);
      }
      return far;
    };
    const every = Array.from(this.data.pictures.keys(), (position) => [away(position), position]);
    return every.sort((a, b) => a[0] - b[0]).slice(0, this.most).map((pair) => pair[1]);
  }

  forget() {
    for (const picture of this.decoded.values()) picture.close();
    this.decoded.clear();
  }

  // The address follows the controls, a moment later, so that a drag does not write it a hundred times.
  followed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write(), 250);
  }

  write() {
    clearTimeout(this.timer);
    const values = new URLSearchParams(this.controls.map((control) => [control.name, control.links[control.at]]));
    history.replaceState(null, "", `#${this.section.id}?${values}`);
  }

  // Moves the controls to what an address says: a text as it is, a number to the nearest there is.
  read(values) {
    const places = {};
    for (const control of this.controls) {
      const wanted = values.get(control.name);
      if (wanted === null) continue;
      let place = control.links.indexOf(wanted);
      if (place < 0 && wanted.trim() !== "" && isFinite(wanted)) {
        const far = control.links.map((link) => Math.abs(Number(link) - Number(wanted)));
        place = far.every(isFinite) ? far.indexOf(Math.min(...far)) : -1;
      }
      if (place >= 0) places[control.name] = place;
    }
    this.set(places);
  }
}

// A decoded picture from an image of the page or from base64.
function bitmap(source) {
  const text = typeof source === "string" ? source : source.src.split(",")[1];
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: "image/webp" }));
}

async function copy(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed here";
  }
  setTimeout(() => (button.textContent = label), 1500);
}

function main() {
  const sections = [...document.querySelectorAll("[data-explorer]")];
  const explorers = new Map(sections.map((section) => [section, new Explorer(section)]));

  // `02_l2.html#explorer_lambda?lam=0.032` is that explorer at that setting.
  const follow = () => {
    const [id, values] = location.hash.slice(1).split("?");
    const section = document.getElementById(id);
    if (!explorers.has(section)) return;
    section.scrollIntoView();
    explorers.get(section).wake().read(new URLSearchParams(values));
  };
  follow();
  addEventListener("hashchange", follow);

  // An explorer begins to work shortly before it can be seen.
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((entry) => entry.isIntersecting)) {
      watch.unobserve(entry.target);
      explorers.get(entry.target).wake();
    }
  }, { rootMargin: "600px" });
  for (const section of sections) watch.observe(section);

  for (const source of document.querySelectorAll("pre.code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", () => copy(button, source.textContent));
    source.before(button);
  }

  // What is too wide scrolls, and the keyboard must get there.
  const reach = () => {
    for (const box of document.querySelectorAll("pre, .wide, .formula, .live")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  reach();
  addEventListener("resize", reach);

  // The contents say where the reader is.
  const links = new Map([...document.querySelectorAll(".side a")].map((link) => [link.hash, link]));
  const here = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((entry) => entry.isIntersecting)) {
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(`#${encodeURIComponent(entry.target.id)}`)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "0px 0px -70% 0px" });
  for (const heading of document.querySelectorAll("main h2[id]")) here.observe(heading);
}

addEventListener("DOMContentLoaded", main);
