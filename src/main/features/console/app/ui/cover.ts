import { html } from "../core/html.ts";

/** Shapes over two colours, on a grid of 100: what a sleeve shows where there is no picture. */
const SHAPES = [
  "M50 14a36 36 0 1 1 0 72 36 36 0 0 1 0-72Zm0 22a14 14 0 1 0 0 28 14 14 0 0 0 0-28Z",
  "M0 100 100 0v40L40 100Z",
  "M0 62a50 50 0 0 1 100 0v38H0Z",
  "M14 14h32v32H14zM54 54h32v32H54z",
  "M0 20h100v12H0zM0 44h100v12H0zM0 68h100v12H0z",
  "M50 10 90 90H10Z",
  "M0 0h50a50 50 0 0 1-50 50ZM100 100H50a50 50 0 0 1 50-50Z",
] as const;

const hueOf = (id: number): number => Math.round((id * 137.508) % 360);

/** A sleeve, made of an id: the same thing always has the same one. Decoration. */
export function Cover({ id, round = false }: { readonly id: number; readonly round?: boolean }) {
  const hue = hueOf(id);
  const other = (hue + 40 + ((id * 53) % 90)) % 360;
  return html`<svg class="cover" data-round=${round ? "" : undefined} viewBox="0 0 100 100" aria-hidden="true">
    <rect width="100" height="100" fill=${`oklch(0.52 0.09 ${hue})`} />
    <path d=${SHAPES[id % SHAPES.length]} fill=${`oklch(0.72 0.11 ${other})`} />
    <circle cx=${20 + ((id * 31) % 60)} cy=${20 + ((id * 17) % 60)} r="9" fill=${`oklch(0.9 0.06 ${other})`} />
  </svg>`;
}

const segments = new Intl.Segmenter("en", { granularity: "grapheme" });

const LETTERS = { fontSize: "34px", fontWeight: 600, fill: "#fff" } as const;

/** The first signs of a name's first two words, over a colour of its id. Decoration. */
export function Portrait({ id, name }: { readonly id: number; readonly name: string }) {
  const first = (word: string) => [...segments.segment(word)][0]?.segment ?? "";
  const initials = name
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .slice(0, 2)
    .map(first)
    .join("");
  const hue = hueOf(id);
  return html`<svg class="cover" data-round="" viewBox="0 0 100 100" aria-hidden="true">
    <rect width="100" height="100" fill=${`oklch(0.5 0.09 ${hue})`} />
    <circle cx="50" cy="112" r="62" fill=${`oklch(0.62 0.1 ${(hue + 60) % 360})`} />
    <text x="50" y="54" text-anchor="middle" dominant-baseline="middle" style=${LETTERS}>${initials.toUpperCase()}</text>
  </svg>`;
}
