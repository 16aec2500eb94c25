import type { ServerName } from "../servers/specs.ts";

/** A server has the same colour in every chart. */
const OWN: Partial<Record<ServerName, string>> = {
  chinook: "c0",
  "step-all": "c0",
  "in-handler": "c1",
  "step-naive": "c1",
  "piscina-per-request": "c2",
  postgres: "c3",
  "several-writers": "c4",
  "chinook-cached": "c5",
  "chinook-uncached": "c6",
  "chinook-one-lane": "c6",
  "chinook-normal": "c5",
  bare: "c7",
  echo: "c7",
};

export const colorOf = (server: ServerName): string => OWN[server] ?? "c6";

const LIGHT = ["#2563c9", "#d9730d", "#1a8f5f", "#8b4fc6", "#c93a5b", "#0f8ea3", "#7a828e", "#a9b0ba"];
const DARK = ["#6aa5ff", "#f2a154", "#4cc38a", "#bd93f9", "#f27d97", "#4cc9dd", "#9aa3b0", "#6b7482"];

const colors = (palette: readonly string[]): string =>
  palette.map((color, i) => `--c${i}:${color};`).join("");
const classes = LIGHT.map(
  (_, i) =>
    `.line.c${i}{stroke:var(--c${i})}.bar.c${i},.dot.c${i}{fill:var(--c${i})}i.c${i}{background:var(--c${i})}`,
).join("");

const light = `--page:#fff;--text:#1d2330;--soft:#5b6472;--rule:#e3e6eb;--good:#14804f;--bad:#c02b3c;--note:#8a5a00;${colors(LIGHT)}`;
const dark = `--page:#14171c;--text:#e6e9ee;--soft:#a0a9b6;--rule:#2c323b;--good:#4cc38a;--bad:#ff7b8a;--note:#e0b050;${colors(DARK)}`;

export const STYLE = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{background:var(--page);color:var(--text);font:15px/1.5 system-ui,sans-serif;max-width:1260px;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.7rem;margin:0 0 .25rem}h2{font-size:1.25rem;margin:2.6rem 0 .5rem;padding-top:.6rem;border-top:2px solid var(--rule)}h3{font-size:1rem;margin:1.6rem 0 .3rem}
p{margin:.4rem 0 .8rem;max-width:75ch}.soft,h3 small{color:var(--soft);font-weight:400}.note{color:var(--note)}.bad{color:var(--bad)}.good{color:var(--good)}
.headline{font-size:1.15rem;font-weight:600;margin:.6rem 0}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:.6rem;margin:.8rem 0}.figure{padding:.6rem .8rem;border:1px solid var(--rule);border-radius:.5rem;font-size:.85rem}.figure b{display:block;font-size:1.25rem;font-variant-numeric:tabular-nums}.figure small{display:block;color:var(--soft)}
nav{display:flex;flex-wrap:wrap}nav a{color:var(--c0);margin-right:1rem}
.grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:1.2rem 2rem}
figure{margin:.6rem 0;min-width:0;max-width:640px}figcaption{font-weight:600;margin-bottom:.2rem}
figure.wide{max-width:860px}svg{width:100%;height:auto;display:block}svg text{font-size:12px;fill:var(--text)}svg .label{fill:var(--soft)}svg .value{font-variant-numeric:tabular-nums}
.grid,.tick{stroke:var(--rule)}.axis{stroke:var(--soft)}.line{fill:none;stroke-width:2}.dot{stroke:var(--page);stroke-width:1}.whisker{stroke:var(--text);stroke-width:1.5}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:.1rem 0;font-size:.85rem}.legend i{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin-right:.35rem;vertical-align:-1px}
.scroll{overflow-x:auto}.scroll+.scroll{margin-top:.8rem}table{border-collapse:collapse;font-size:.8rem;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .42rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}th:first-child,td:first-child{text-align:left;padding-left:0}th{color:var(--soft);font-weight:500;white-space:normal;vertical-align:bottom}td.text{text-align:left;white-space:normal}
${classes}
@media(max-width:40rem){body{padding:1rem .8rem 3rem}figure{overflow-x:auto}svg{min-width:34rem}h3 small{display:block}}
@media print{@page{size:A4 landscape;margin:12mm}.scroll{overflow:visible}.grid2{grid-template-columns:1fr 1fr}table{font-size:.7rem}:root{color-scheme:light;${light}}body{max-width:none;padding:0}figure,table,.card{break-inside:avoid}h2,h3{break-after:avoid}details>*{display:block}}`;
