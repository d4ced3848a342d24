// The footprints of a dataset on a plate carrée map: degrees are drawn as they are.
// Moves by mouse, touch and keyboard; what lies there is told in words, too.

const LARGEST_SCALE = 200000; // pixels a degree: half a metre a pixel
const STEP_PIXELS = 60;
const ZOOM = 1.5;
const SMALLEST_PIXELS = 4;
const GRID_DEGREES = [60, 30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const LINE_EVERY_PIXELS = 90;

class FootprintMap {
  constructor(element) {
    this.canvas = element.querySelector("canvas");
    this.told = element.querySelector(".told");
    this.pen = this.canvas.getContext("2d");
    this.view = { longitude: 0, latitude: 0, scale: 2 };
    this.collections = [];
    this.drags = new Map();
  }

  show(footprints) {
    this.collections = footprints.collections;
    this.told.textContent = inWords(footprints);
    this.showAll();
    this.listen();
  }

  // The whole of it, with a margin; a single small chip is not made larger than its surroundings.
  showAll() {
    const [west, south, east, north] = extent(this.collections);
    const { width, height } = this.size();
    // A frame that is not on the screen yet may have no size; ResizeObserver tells when it has.
    this.hasView = width > 0 && height > 0;
    if (!this.hasView) return;
    const scale = 0.85 * Math.min(width / Math.max(east - west, 0.02), height / Math.max(north - south, 0.02));
    this.view = { longitude: (west + east) / 2, latitude: (south + north) / 2, scale };
    this.draw();
  }

  move(right, down) {
    this.view.longitude += right / this.view.scale;
    this.view.latitude = clamp(this.view.latitude - down / this.view.scale, -90, 90);
    this.draw();
  }

  // The place under (x, y) stays where it is.
  zoom(factor, x = this.size().width / 2, y = this.size().height / 2) {
    const { width, height } = this.size();
    const smallest = Math.min(width / 360, height / 180);
    const scale = clamp(this.view.scale * factor, smallest, LARGEST_SCALE);
    const change = 1 / this.view.scale - 1 / scale;
    this.view.longitude += (x - width / 2) * change;
    this.view.latitude = clamp(this.view.latitude - (y - height / 2) * change, -90, 90);
    this.view.scale = scale;
    this.draw();
  }

  size() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  at(longitude, latitude) {
    const { width, height } = this.size();
    return [
      width / 2 + (longitude - this.view.longitude) * this.view.scale,
      height / 2 - (latitude - this.view.latitude) * this.view.scale,
    ];
  }

  draw() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.paint();
    });
  }

  paint() {
    const { width, height } = this.size();
    if (!this.hasView || !width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const colours = getComputedStyle(this.canvas);
    this.graticule(width, height, colours);
    this.collections.forEach((collection, number) => {
      const colour = colours.getPropertyValue(`--footprint-${number % 2}`);
      this.boxes(collection, colour, width, height);
    });
    this.canvas.dataset.scale = this.view.scale;
    this.canvas.dataset.centre = `${this.view.longitude},${this.view.latitude}`;
  }

  graticule(width, height, colours) {
    const step = GRID_DEGREES.findLast((degrees) => degrees * this.view.scale >= LINE_EVERY_PIXELS) ?? GRID_DEGREES[0];
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const half = { across: width / 2 / this.view.scale, down: height / 2 / this.view.scale };
    this.pen.strokeStyle = colours.getPropertyValue("--graticule");
    this.pen.fillStyle = colours.getPropertyValue("--graticule-text");
    this.pen.font = "12px system-ui, sans-serif";
    this.pen.lineWidth = 1;
    for (const longitude of multiples(step, this.view.longitude - half.across, this.view.longitude + half.across)) {
      const [x] = this.at(longitude, 0);
      this.line(x, this.at(0, 90)[1], x, this.at(0, -90)[1]);
      this.pen.fillText(degrees(wrapped(longitude), "E", "W", decimals), x + 4, height - 6);
    }
    const [lowest, highest] = [this.view.latitude - half.down, this.view.latitude + half.down];
    for (const latitude of multiples(step, Math.max(-90, lowest), Math.min(90, highest))) {
      const [, y] = this.at(0, latitude);
      this.line(0, y, width, y);
      this.pen.fillText(degrees(latitude, "N", "S", decimals), 4, y - 4);
    }
  }

  line(x1, y1, x2, y2) {
    this.pen.beginPath();
    this.pen.moveTo(Math.round(x1) + 0.5, Math.max(-5, y1));
    this.pen.lineTo(Math.round(x2) + 0.5, Math.max(-5, y2));
    this.pen.stroke();
  }

  boxes({ boxes, counts }, colour, width, height) {
    const most = Math.max(1, ...counts);
    this.pen.fillStyle = colour;
    this.pen.strokeStyle = colour;
    this.pen.lineWidth = 1.5;
    for (let index = 0; index < counts.length; index += 1) {
      const [west, south, east, north] = boxes.slice(4 * index, 4 * index + 4);
      let [left, top] = this.at(west, north);
      let [across, down] = [(east - west) * this.view.scale, (north - south) * this.view.scale];
      if (across < SMALLEST_PIXELS) [left, across] = [left + (across - SMALLEST_PIXELS) / 2, SMALLEST_PIXELS];
      if (down < SMALLEST_PIXELS) [top, down] = [top + (down - SMALLEST_PIXELS) / 2, SMALLEST_PIXELS];
      if (left > width || top > height || left + across < 0 || top + down < 0) continue;
      this.pen.globalAlpha = 0.2 + 0.4 * (counts[index] / most);
      this.pen.fillRect(left, top, across, down);
      this.pen.globalAlpha = 1;
      this.pen.strokeRect(left, top, across, down);
    }
  }

  listen() {
    const act = { in: () => this.zoom(ZOOM), out: () => this.zoom(1 / ZOOM), all: () => this.showAll() };
    for (const button of this.canvas.parentElement.querySelectorAll("button[data-map]")) {
      button.addEventListener("click", act[button.dataset.map]);
    }
    const keys = {
      ArrowLeft: () => this.move(-STEP_PIXELS, 0),
      ArrowRight: () => this.move(STEP_PIXELS, 0),
      ArrowUp: () => this.move(0, -STEP_PIXELS),
      ArrowDown: () => this.move(0, STEP_PIXELS),
      "+": act.in,
      "=": act.in,
      "-": act.out,
      0: act.all,
    };
    this.canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
      event.preventDefault();
      keys[event.key]();
    });
    // A page must scroll over its map: the wheel zooms once the map was chosen, by a click or the keyboard.
    this.canvas.addEventListener("wheel", (event) => {
      if (document.activeElement !== this.canvas) return;
      event.preventDefault();
      this.zoom(2 ** (-event.deltaY / 300), event.offsetX, event.offsetY);
    });
    this.listenToPointers();
    new ResizeObserver(() => (this.hasView ? this.draw() : this.showAll())).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  // One finger or the mouse moves, two fingers zoom.
  listenToPointers() {
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.drags.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    });
    this.canvas.addEventListener("pointermove", (event) => {
      const before = this.drags.get(event.pointerId);
      if (!before) return;
      const now = { x: event.offsetX, y: event.offsetY };
      const other = [...this.drags].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
        this.zoom(distance(now, other) / Math.max(1, distance(before, other)), middle.x, middle.y);
      } else {
        this.move(before.x - now.x, before.y - now.y);
      }
      this.drags.set(event.pointerId, now);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(end, (event) => this.drags.delete(event.pointerId));
    }
  }
}

function inWords({ items, merged, collections }) {
  if (!items) return "No item of this dataset says where it lies.";
  const [west, south, east, north] = extent(collections);
  const lies = `from ${degrees(wrapped(west), "E", "W", 2)} to ${degrees(wrapped(east), "E", "W", 2)}, ` +
    `${degrees(south, "N", "S", 2)} to ${degrees(north, "N", "S", 2)}`;
  const drawn = merged ? " Those that lie together are drawn as one." : "";
  return `${items.toLocaleString("en")} ${items === 1 ? "footprint" : "footprints"}, ${lies}.${drawn}`;
}

function extent(collections) {
  const whole = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { boxes } of collections) {
    for (let index = 0; index < boxes.length; index += 4) {
      whole[0] = Math.min(whole[0], boxes[index]);
      whole[1] = Math.min(whole[1], boxes[index + 1]);
      whole[2] = Math.max(whole[2], boxes[index + 2]);
      whole[3] = Math.max(whole[3], boxes[index + 3]);
    }
  }
  return whole[0] === Infinity ? [-180, -90, 180, 90] : whole;
}

function multiples(step, from, to) {
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, index) => (first + index) * step);
}

function degrees(value, positive, negative, decimals) {
  const shown = Math.abs(value).toFixed(decimals);
  return `${shown}°${Number(shown) === 0 ? "" : value > 0 ? positive : negative}`;
}

function wrapped(longitude) {
  return longitude - 360 * Math.floor((longitude + 180) / 360);
}

function distance(one, other) {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}

for (const element of document.querySelectorAll(".map")) {
  const instead = element.parentElement.querySelector(".instead");
  instead.textContent = "The footprints are on their way.";
  const answer = await fetch(element.dataset.footprints).catch(() => ({ ok: false }));
  if (!answer.ok) {
    instead.textContent = "The footprints did not come: reload the page. The collections below say what there is.";
    continue;
  }
  element.hidden = false;
  instead.hidden = true;
  new FootprintMap(element).show(await answer.json());
}
