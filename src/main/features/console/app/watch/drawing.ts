import { useEffect, useRef } from "preact/hooks";
import { html } from "../core/html.ts";
import type { Facts, Sample } from "../core/vitals.ts";
import { TEXTS } from "../texts.ts";
import { type Box, useLayout } from "./layouts.ts";
import { FLOWS, flowsOf, PARTS, type Part, partsOf } from "./model.ts";

/** The server as it works: its parts with their numbers, and what flows between them. */
export function Drawing({ sample, facts }: { readonly sample: Sample; readonly facts: Facts }) {
  const { width, height, boxes, paths } = useLayout();
  const [parts, flows] = [partsOf(sample, facts), flowsOf(sample)];
  return html`<figure class="drawing">
    <svg viewBox=${`0 0 ${width} ${height}`} role="group" aria-label=${TEXTS.watch.drawing.title}>
      <g aria-hidden="true">${FLOWS.map((name) => html`<${Flow} key=${name} path=${paths[name]} rate=${flows[name]} />`)}</g>
      ${PARTS.map((name) => html`<${PartBox} key=${name} part=${parts[name]} box=${boxes[name]} />`)}
    </svg>
    <figcaption class="muted small">${TEXTS.watch.drawing.caption}</figcaption>
  </figure>`;
}

/** What is read aloud of a part. */
const spoken = ({ title, main, rows }: Part): string =>
  [`${title}: ${main.join(" ")}`, ...rows.map((row) => row.join(" "))].join(", ");

function PartBox({ part, box: [x, y, width, height] }: { readonly part: Part; readonly box: Box }) {
  const { title, main, rows, full, strained } = part;
  const bar = { x: 12, y: height - 14, height: 4, rx: 2 };
  return html`<g class="part" data-strained=${strained ? "" : undefined} transform=${`translate(${x} ${y})`} role="img" aria-label=${spoken(part)}>
    <rect class="frame" width=${width} height=${height} rx="10" />
    <text class="name" x="12" y="22">${title}</text>
    <text class="main" x="12" y="51">${main[0]}<tspan class="label" dx="6">${main[1]}</tspan></text>
    ${rows.map(
      ([label, value], i) => html`<g key=${label}>
        <text class="label" x="12" y=${74 + 19 * i}>${label}</text>
        <text class="value" x=${width - 12} y=${74 + 19 * i}>${value}</text>
      </g>`,
    )}
    ${full !== undefined && html`<rect class="bar" ...${bar} width=${width - 24} />`}
    ${full !== undefined && html`<rect class="bar full" ...${bar} width=${(width - 24) * Math.min(1, full)} />`}
  </g>`;
}

/** Cycles a second of the dots on an arrow: faster with the tenth power of the rate, and never hasty. */
const speedOf = (rate: number): number => Math.min(2.2, 0.35 + 0.45 * Math.log10(1 + rate));

/**
 * An arrow. Dots move along it while something flows; without motion, its width alone tells how much. Their speed
 * changes without a jump: the animation goes on at another rate.
 */
function Flow({ path, rate }: { readonly path: string; readonly rate: number }) {
  const dots = useRef<SVGPathElement>(null);
  const flows = rate > 0;
  useEffect(() => {
    for (const animation of dots.current?.getAnimations() ?? []) animation.playbackRate = speedOf(rate);
  }, [rate, path]);
  const width = 1.5 + (flows ? Math.min(4, Math.log10(1 + rate)) : 0);
  return html`<g class="flow" data-flows=${flows ? "" : undefined}>
    <path class="line" d=${path} stroke-width=${width} />
    ${flows && html`<path class="dots" ref=${dots} d=${path} />`}
  </g>`;
}
