/**
 * The page's only script: filter, try requests, highlight the current section. Without it, everything can
 * still be read. It loads nothing, and the page's policy allows requests only to this server.
 */
export const SCRIPT = `
const $ = (selector, from = document) => [...from.querySelectorAll(selector)];
const make = (tag, fields = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), fields);
  element.append(...children);
  return element;
};

// Filter: what does not hold all words is hidden, in the menu and on the page.
const filter = document.querySelector("#filter");
const entries = $("article").map((article) => ({
  article,
  item: document.querySelector('nav a[href="#' + article.id + '"]').parentElement,
  text: (article.id + " " + article.querySelector("h3").textContent + " " + article.querySelector(".summary").textContent).toLowerCase(),
}));
const show = () => {
  const words = filter.value.toLowerCase().split(/\\s+/);
  for (const { article, item, text } of entries)
    article.hidden = item.hidden = !words.every((word) => text.includes(word));
  for (const section of $("main > section")) {
    section.hidden = $("article", section).every(({ hidden }) => hidden);
    document.querySelector('nav a[href="#' + section.firstElementChild.id + '"]').parentElement.hidden = section.hidden;
  }
  document.body.classList.toggle("filtered", filter.value.trim() !== "");
};
filter.parentElement.hidden = false;
filter.addEventListener("input", show);
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || /INPUT|TEXTAREA/.test(event.target.tagName)) return;
  event.preventDefault();
  filter.focus();
});

// The menu follows what is read.
const seen = new Set();
const follow = () => {
  const current = entries.find(({ article }) => seen.has(article));
  if (current === undefined) return;
  for (const link of $("nav [aria-current]")) link.removeAttribute("aria-current");
  const link = current.item.firstElementChild;
  link.setAttribute("aria-current", "true");
  const nav = document.querySelector("nav"), top = link.offsetTop - nav.scrollTop;
  if (top < 80 || top > nav.clientHeight - 60) nav.scrollTop = link.offsetTop - nav.clientHeight / 2;
};
const watcher = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) isIntersecting ? seen.add(target) : seen.delete(target);
  follow();
}, { rootMargin: "-10% 0px -60% 0px" });
for (const { article } of entries) watcher.observe(article);

// Try it: the request of the example, to be changed and sent.
const pretty = (text) => { try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; } };
const FIELDS = ["etag", "cache-status", "age", "location", "retry-after", "x-request-id"];
async function send(form, method, out) {
  const { url, body, key } = form.elements;
  const started = performance.now();
  try {
    const headers = { ...(body ? { "content-type": "application/json" } : {}), ...(key.value ? { authorization: "Bearer " + key.value } : {}) };
    const answer = await fetch(new URL(url.value, location.origin), { method, headers, ...(body ? { body: body.value } : {}) });
    const text = await answer.text();
    const ms = (performance.now() - started).toFixed(0);
    const fields = FIELDS.flatMap((name) => answer.headers.get(name) === null ? [] : [name + ": " + answer.headers.get(name)]);
    const shown = pretty(text);
    const whole = shown.length > 20000 ? shown.slice(0, 20000) + "\\n…" : shown;
    out.textContent = [answer.status + " " + answer.statusText + " in " + ms + " ms", ...fields, "", whole].join("\\n");
  } catch (error) {
    out.textContent = String(error);
  }
  out.parentElement.hidden = false;
}
function open(side) {
  const { method, url, body } = side.dataset;
  const out = make("code");
  const send_ = make("button", { textContent: "Send " + method, className: method === "GET" ? "" : "changes" });
  const fields = [
    make("label", { textContent: "Path and query " }, make("input", { name: "url", value: url, spellcheck: false, required: true })),
    ...(body === undefined ? [] : [make("label", { textContent: "Body " }, make("textarea", { name: "body", value: pretty(body), rows: 8, spellcheck: false }))]),
    make("label", { textContent: "Key or token, where one is needed " }, make("input", { name: "key", type: "password", autocomplete: "off" })),
  ];
  const note = method === "GET" ? [] : [make("p", { className: "dim", textContent: "This changes the data of this server." })];
  const form = make("form", { className: "try" }, ...fields, ...note, send_);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form, method, out);
  });
  side.append(form, make("pre", { hidden: true }, out));
  form.elements.url.focus();
}
for (const side of $("[data-method]")) {
  const button = make("button", { type: "button", textContent: "Try it", className: "try" });
  button.addEventListener("click", () => { button.remove(); open(side); });
  side.prepend(button);
}
`;
