/** The only style sheet, without fonts or images: the pages work offline and under a strict policy. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1d2430, #d9dee7); --dim: light-dark(#667085, #8d97a8);
  --page: light-dark(#ffffff, #12161d); --panel: light-dark(#f6f7f9, #181d26); --line: light-dark(#e3e6eb, #2a313d);
  --link: light-dark(#0b57a4, #7db7ff); --code: light-dark(#f0f2f5, #0c0f14);
  --get: light-dark(#0b6bcb, #5aa9f8); --post: light-dark(#147a3c, #5cc98a); --put: light-dark(#8a5a00, #e0b04f);
  --patch: light-dark(#8a5a00, #e0b04f); --delete: light-dark(#b3261e, #f0837b);
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; color: var(--text); background: var(--page); font: 15px/1.55 system-ui, sans-serif; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
code, pre { font-family: ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, monospace; font-size: .87em; }
.page { display: grid; grid-template-columns: 17rem minmax(0, 1fr); max-width: 100rem; margin: 0 auto; }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem 2rem 1.5rem;
  border-right: 1px solid var(--line); background: var(--panel); font-size: .85rem; scrollbar-width: thin; }
nav b, nav small { display: block; } nav b { font-size: 1.05rem; }
nav h2 { margin: 1.2rem 0 .2rem; font-size: .75rem; letter-spacing: .06em; text-transform: uppercase; }
nav h2 a { color: var(--dim); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: flex; gap: .5rem; align-items: baseline; padding: .12rem 0; color: var(--text); overflow-wrap: anywhere; }
nav li .method { flex: none; width: 3.1rem; padding: 0; background: none; font-size: .62rem; text-align: right; }
main { padding: 2.2rem 2.5rem 5rem; min-width: 0; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; } h1 small { font-size: .9rem; font-weight: 400; color: var(--dim); }
h2.tag { margin: 3.5rem 0 0; padding-bottom: .4rem; border-bottom: 2px solid var(--line); font-size: 1.35rem; text-transform: capitalize; }
h3 { margin: 0; font-size: 1rem; font-weight: 600; }
h4 { margin: 1.3rem 0 .3rem; font-size: .75rem; letter-spacing: .06em; text-transform: uppercase; color: var(--dim); }
p { margin: .5rem 0; } .lead { max-width: 46rem; font-size: 1.05rem; } .dim, small { color: var(--dim); }
article { padding: 1.8rem 0; border-bottom: 1px solid var(--line); }
.summary { margin: .4rem 0 0; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 30rem); gap: 0 2.5rem; }
.method { display: inline-block; padding: .1rem .5rem; border-radius: .3rem; font-size: .72rem; font-weight: 700;
  letter-spacing: .03em; text-transform: uppercase; color: var(--c); background: color-mix(in srgb, var(--c) 13%, transparent); }
.get { --c: var(--get); } .post { --c: var(--post); } .put { --c: var(--put); } .patch { --c: var(--patch); } .delete { --c: var(--delete); }
.path { font-size: 1rem; } .path i { font-style: normal; color: var(--dim); }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { padding: .35rem .8rem .35rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
tr:first-child > * { border-top: 0; } thead th { color: var(--dim); font-weight: 600; } thead + tbody tr:first-child > * { border-top: 1px solid var(--line); }
th[scope=row] { width: 42%; font-weight: 500; overflow-wrap: anywhere; } th small { display: block; font-weight: 400; }
.must { color: var(--delete); } .or { color: var(--dim); }
.side { margin-top: 1.3rem; }
pre { margin: 0 0 .8rem; padding: .8rem 1rem; max-height: 24rem; overflow: auto; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--code); line-height: 1.5; scrollbar-width: thin; }
pre.curl { white-space: pre-wrap; overflow-wrap: anywhere; }
p code, td code { padding: .05rem .3rem; border-radius: .25rem; background: var(--code); }
.answer { margin: .25rem 0; font-size: .9rem; } .answer > code, .answer > a code, summary code { padding: 0; background: none; } .answer summary { cursor: pointer; } .answer table { margin: .3rem 0 .8rem 1rem; width: calc(100% - 1rem); }
.status { font-variant-numeric: tabular-nums; } .s2 { color: var(--post); } .s3 { color: var(--get); } .s4, .s5 { color: var(--delete); }
.rules { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 0 2.5rem; margin-top: 1.5rem; font-size: .92rem; }
.rules h4 { color: var(--text); }
[hidden] { display: none !important; }
.filter { display: block; margin-top: .8rem; color: var(--dim); } .filter input { width: 100%; }
input, textarea, button { font: inherit; padding: .35rem .6rem; color: inherit; background: var(--page); border: 1px solid var(--line); border-radius: .4rem; }
textarea, form.try input { width: 100%; font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .85rem; }
button { cursor: pointer; color: var(--link); } button.changes { color: var(--delete); } button.try { margin-bottom: .6rem; }
form.try { display: grid; gap: .5rem; margin-bottom: .8rem; padding: .8rem; border: 1px solid var(--line); border-radius: .5rem; }
form.try label { font-size: .85rem; color: var(--dim); } form.try p { margin: 0; font-size: .85rem; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
nav [aria-current] { color: var(--link); font-weight: 600; }
.filtered .lead, .filtered .rules { display: none; }
.back { display: none; }
tr:target { background: color-mix(in srgb, var(--link) 12%, transparent); }
@media (max-width: 75rem) { .columns { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 52rem) {
  .page { display: block; } nav { position: static; height: auto; border: 0; } nav ul { display: none; }
  nav h2 { display: inline-block; margin: .6rem .8rem 0 0; } main { padding: 1.2rem 1rem 3rem; }
  .wide { overflow-x: auto; }
  .filtered nav ul { display: block; } .filtered nav h2 { display: block; }
  .back { display: block; position: fixed; right: 1rem; bottom: 1rem; padding: .5rem .9rem; border: 1px solid var(--line);
    border-radius: 2rem; background: var(--panel); box-shadow: 0 1px 6px rgb(0 0 0 / .25); }
}
@media print {
  :root { color-scheme: light; } body { font-size: 10pt; } nav, .back, button { display: none; } .page { display: block; } main { padding: 0; }
  article { break-inside: avoid-page; padding: .8rem 0; } h2.tag { break-after: avoid; } pre { max-height: none; white-space: pre-wrap; }
  details::details-content { content-visibility: visible; block-size: auto; } a { color: inherit; }
}
`;
